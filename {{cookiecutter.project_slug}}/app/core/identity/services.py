"""Signing in and out; knows nothing of HTTP."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from flask import current_app
from uuid_utils.compat import uuid7

from app.core.data import repository
from app.core.data.base import utc_now
from app.core.data.session import db, transaction
from app.core.errors import Invalid
from app.core.identity import (
    mail,
    mail_tokens,
    passwords,
    permissions,
    rate_limits,
    sign_ins,
    tokens,
)
from app.core.identity.errors import BadToken, Forbidden, Unauthorized
from app.core.identity.models import Account, SignIn

WRONG = "The address or the password is wrong."
UNVERIFIED = "Confirm your address first: open the link that was mailed to it."


def sign_in(email: str, password: str, client: dict[str, str]) -> dict[str, Any]:
    """Return Tokens of a new sign-in. Raises Unauthorized in the same words; Forbidden."""
    model = SignIn.user.property.mapper.class_  # `User`
    query = sa.select(model).filter_by(email=email, is_active=True)
    with transaction():  # a hash takes long: hold no lock meanwhile
        user = db.session.scalar(query)
    stored = user.password_hash if user else None
    # Addresses of people stay out of the log and of the store of limits.
    account = str(user.id) if user else tokens.digest(email)
    with rate_limits.failures_of(account):
        if not passwords.matches(password, stored) or not stored:
            current_app.logger.warning("Sign-in of user %s failed.", account)
            raise Unauthorized(WRONG)
    # Rehash: today's parameters may be stronger than those of the stored hash.
    outdated = passwords.hasher.check_needs_rehash(stored)
    newer = passwords.make_hash(password) if outdated else stored
    with transaction():
        # In the meantime it may have been changed, deactivated or deleted.
        unchanged = query.filter_by(password_hash=stored).with_for_update()
        user = db.session.scalar(unchanged)
        if user is None:
            raise Unauthorized(WRONG)
        if ask_to_verify(user):
            raise Forbidden(UNVERIFIED)
        user.password_hash = newer
        return start(user, client)


def start(
    user: Account, client: dict[str, str], lifetime: timedelta | None = None
) -> dict[str, Any]:
    """Store a new sign-in and return its Tokens.

    `client` is its `address` and `user_agent`, `lifetime` that of the access token.
    """
    now = utc_now()
    sign_in = SignIn(id=uuid7(), user_id=user.id, created_at=now, used_at=now, **client)
    sign_in.expires_at = sign_ins.end_of(sign_in)
    issued = issue(sign_in, uuid4().hex, lifetime)
    repository.save(sign_in, {})
    current_app.logger.info("User %s signed in.", user.id)
    return issued


def refresh(token: str, client: dict[str, str]) -> dict[str, Any]:
    """Refresh-token rotation: return new Tokens for the newest one. Raises BadToken.

    Reuse of an older one means theft, so its whole family is ended (RFC 9700). But for
    some seconds a client may repeat a refresh whose answer was lost: it gets the same
    refresh token again, so that there is still only one that is good. It cannot once an
    access token of that answer was used, nor at two refreshes in a row. The `jti` of new
    tokens is the digest of the old.
    """
    claims, digest = tokens.decode(token, tokens.REFRESH), tokens.digest(token)
    with transaction():
        sign_in = sign_ins.lock(claims)
        if digest == sign_in.token_hash:
            sign_ins.rotate(sign_in, client)
        elif sign_ins.may_repeat(sign_in, claims, digest, client):
            sign_in.repeated_hash = digest
            current_app.logger.info("User %s repeated a refresh.", sign_in.user_id)
        else:
            sign_in.ended_at = utc_now()
        if sign_in.ended_at is None:
            return issue(sign_in, digest)
    reused = "A refresh token of user %s came twice: its sign-in has ended."
    current_app.logger.warning(reused, sign_in.user_id)
    raise BadToken


def change_password(user: Account, current_password: str, new_password: str) -> None:
    """Change the password of a user. Raises Invalid for a wrong old one."""
    confirm(user, current_password)
    set_password(user, new_password)


def confirm(user: Account, password: str) -> None:
    """Refuse a change to who only has a token. Raises Invalid for a wrong password."""
    with transaction():  # a hash takes long: end what may hold a lock
        stored = user.password_hash
    with rate_limits.failures_of(str(user.id)):
        if not passwords.matches(password, stored):
            raise Invalid("Is wrong.", "current_password")


def set_password(user: Account, password: str) -> None:
    """Store a new password, and end every sign-in of the user."""
    values = {"password_hash": passwords.make_hash(password)}
    with transaction():
        sign_ins.lock_caller()
        # Whoever else is signed in may have changed the name while the hash was made.
        db.session.refresh(user, with_for_update=True)
        repository.save(user, values)  # row lock: no sign-in comes in between
        sign_ins.end(SignIn, user_id=user.id)
        mail_tokens.remove(user_id=user.id, purpose=mail_tokens.NEW_PASSWORD)
    permissions.log(f"The password of user {user.id} was changed")


def mail_password_token(email: str) -> None:
    """Mail a token for a new password, if somebody has this address.

    Timing: all of it is done in the background, so that the answer tells nobody.
    """
    mail.later(mail_tokens.send, mail_tokens.NEW_PASSWORD, email=email)


def reset_password(token: str, new_password: str) -> None:
    """Set the password of who has a mailed token. Raises Invalid for a bad one."""
    user = mail_tokens.use(token, mail_tokens.NEW_PASSWORD)
    set_password(user, new_password)
    sign_ins.end_access(user.id)  # whoever had the account may have made API keys


def mail_verification(user: Account) -> None:
    """Mail a token that confirms the address, unless that was done."""
    purpose = mail_tokens.VERIFIED_EMAIL
    mail.later(mail_tokens.send, purpose, id=user.id, email_verified_at=None)


def must_verify(user: Account) -> bool:
    """Tell whether the address must be confirmed before signing in."""
    required: bool = current_app.config["VERIFIED_EMAIL_REQUIRED"]
    return required and user.email_verified_at is None


def ask_to_verify(user: Account) -> bool:
    """Tell whether the address must be confirmed first; then mail what that needs."""
    if must_verify(user):
        mail_verification(user)
    return must_verify(user)


def verify_email(token: str) -> None:
    """Note that the user has the address. Raises Invalid for a bad token."""
    with transaction():
        user = mail_tokens.use(token, mail_tokens.VERIFIED_EMAIL)
        repository.save(user, {"email_verified_at": utc_now()})
        mail_tokens.remove(user_id=user.id, purpose=mail_tokens.VERIFIED_EMAIL)
    current_app.logger.info("The address of user %s was confirmed.", user.id)


def issue(
    sign_in: SignIn, jti: str, lifetime: timedelta | None = None
) -> dict[str, Any]:
    """Return new Tokens of a sign-in; the refresh token is the same for the same `jti`."""
    seconds = current_app.config["ACCESS_TOKEN_SECONDS"]
    access_lifetime = lifetime or timedelta(seconds=seconds)
    claims = {"sub": str(sign_in.user_id), "sid": str(sign_in.id), "jti": jti}
    access_token = tokens.encode(tokens.ACCESS, utc_now() + access_lifetime, **claims)
    refresh_token = tokens.encode(tokens.REFRESH, sign_in.expires_at, **claims)
    sign_in.token_hash = tokens.digest(refresh_token)
    return {
        "access_token": access_token,
        "refresh_token": refresh_token,
        "token_type": "Bearer",
        "expires_in": int(access_lifetime.total_seconds()),
    }
