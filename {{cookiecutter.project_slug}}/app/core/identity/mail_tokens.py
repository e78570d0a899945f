"""One-time tokens in mails: for a new password, and to confirm an address."""

from datetime import timedelta
from secrets import token_urlsafe
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import joinedload

from app.core.data import repository
from app.core.data.base import utc_now
from app.core.data.session import db, transaction
from app.core.errors import Invalid
from app.core.identity import mail, tokens
from app.core.identity.models import Account, MailToken

# The purposes of tokens, and the pages of FRONTEND_URL that take them.
NEW_PASSWORD, VERIFIED_EMAIL = "new-password", "verified-email"
SUBJECTS = {NEW_PASSWORD: "set a new password", VERIFIED_EMAIL: "confirm your address"}
PAUSE = timedelta(minutes=1)  # between two mails to an account for one purpose
TEXT = """To {subject}, open this page:

{link}

or enter this token: {token}

It can be used once, within {minutes} minutes. If you did not ask for this, do nothing.
"""


def send(purpose: str, **values: Any) -> None:
    """Mail a new token to the active user with these values, if there is one."""
    model = MailToken.user.property.mapper.class_  # `User`
    query = sa.select(model).filter_by(**values, is_active=True).with_for_update()
    with transaction():  # row lock: two at once make one token
        user = db.session.scalar(query)
        token = issue(user, purpose) if user else None
    if user and token:
        text = "A token for %s of user %s was asked for."
        current_app.logger.info(text, purpose, user.id)
        mail.send(user, SUBJECTS[purpose], write(purpose, token))


def issue(user: Account, purpose: str) -> str | None:
    """Return a new token, none too soon after another mail for the same purpose.

    Older ones stay good: whoever asks in somebody's name voids nothing.
    """
    config, now, token = current_app.config, utc_now(), token_urlsafe(32)
    recent = sa.select(MailToken.id).where(MailToken.created_at > now - PAUSE)
    recent = recent.filter_by(user_id=user.id, purpose=purpose)
    if db.session.scalar(recent.limit(1)):
        return None
    row = MailToken(user_id=user.id, purpose=purpose, token_hash=tokens.digest(token))
    lifetime = timedelta(minutes=config["MAIL_TOKEN_MINUTES"])
    repository.save(row, {"expires_at": now + lifetime})
    return token


def write(purpose: str, token: str) -> str:
    """Return the text of a mail."""
    config, subject = current_app.config, SUBJECTS[purpose]
    link = f"{config['FRONTEND_URL'].rstrip('/')}/{purpose}?token={token}"
    minutes = config["MAIL_TOKEN_MINUTES"]
    return TEXT.format(subject=subject, link=link, token=token, minutes=minutes)


def use(token: str, purpose: str) -> Account:
    """Return the active user of a token, which is good once. Raises Invalid."""
    query = sa.select(MailToken).options(joinedload(MailToken.user))
    query = query.filter_by(token_hash=tokens.digest(token), purpose=purpose)
    with transaction():
        found = db.session.scalar(query.where(MailToken.expires_at > utc_now()))
        user = found.user if found else None
        # Of two that use it at once, one removes it.
        if found and user and user.is_active and remove(id=found.id):
            return user
    raise Invalid("Is not valid, or no longer: ask for another one.", "token")


def remove(**values: Any) -> int:
    """Void the tokens with these values; return how many."""
    return repository.change(sa.delete(MailToken).filter_by(**values))
