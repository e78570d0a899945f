"""Signing in and out; knows nothing of HTTP."""

from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import current_app
from uuid_utils.compat import uuid7

from app.core import passwords, repository, security, tokens
from app.core.database import db, utc_now
from app.core.errors import BadToken, Forbidden, Invalid, Unauthorized
{% if cookiecutter.layout == "domain" %}
from app.users import services as users
from app.users.models import User

from .models import SignIn
{% else %}
from app.models.auth import SignIn
from app.models.user import User
from app.services import user as users
{% endif %}

WRONG = "The address or the password is wrong."


def register(values: dict[str, Any]) -> User:
    """Store a new user; `values` is a loaded Registration. Raises Forbidden."""
    if not current_app.config["REGISTRATION_ENABLED"]:
        raise Forbidden("Nobody can register here: ask a superuser for an account.")
    return users.create_user(values)


def sign_in(email: str, password: str) -> dict[str, Any]:
    """Return Tokens of a new sign-in. Raises Unauthorized, always in the same words."""
    known = sa.select(User).filter_by(email=email, is_active=True)
    with repository.transaction():  # a hash takes long: hold no lock meanwhile
        user = db.session.scalar(known)
    stored = user.password_hash if user else None
    if not passwords.matches(password, stored) or not stored:
        raise Unauthorized(WRONG)
    outdated = passwords.is_outdated(stored)
    newer = passwords.make_hash(password) if outdated else stored
    with repository.transaction():
        # In the meantime it may have been changed, deactivated or deleted.
        same = known.filter_by(password_hash=stored).with_for_update()
        user = db.session.scalar(same)
        if user is None:
            raise Unauthorized(WRONG)
        user.password_hash = newer
        return start(user)


def start(user: User, lifetime: timedelta | None = None) -> dict[str, Any]:
    """Store a new sign-in and return its Tokens; `lifetime` is of the access token."""
    sign_in = SignIn(id=uuid7())
    issued, values = issue(user.id, sign_in.id, lifetime)
    repository.save(sign_in, values | {"user_id": user.id})
    return issued


def refresh(token: str) -> dict[str, Any]:
    """Return new Tokens for a refresh token. Raises BadToken.

    One that was used before is in the hands of two, so its whole family is ended.
    """
    claims = tokens.decode(token, tokens.REFRESH)
    with repository.transaction():
        user = security.find_user(claims)
        mine = sa.update(SignIn).filter_by(id=UUID(claims["sid"]))
        issued, values = issue(user.id, UUID(claims["sid"]))
        # Of several at the same moment, the database lets one find the old hash.
        newest = mine.filter_by(token_hash=digest(token)).values(values)
        result: Any = db.session.execute(newest)
        if not result.rowcount:
            security.end_sign_ins(id=UUID(claims["sid"]))
    if not result.rowcount:
        current_app.logger.warning("A refresh token of user %s came twice.", user.id)
        raise BadToken
    return issued


def sign_out(everywhere: bool) -> None:
    """End the sign-in of the caller, or all that the caller has."""
    user_id = security.caller().id
    criteria = {"user_id": user_id} if everywhere else {"id": security.sign_in_id()}
    security.end_sign_ins(**criteria)


def change_password(current: str, new: str) -> None:
    """Change the password of the caller. Raises Invalid for a wrong old one."""
    user = security.caller()
    if not passwords.matches(current, user.password_hash):
        raise Invalid("Is wrong.", "current_password")
    set_password(user, new)


def set_password(user: User, password: str) -> None:
    """Store a new password, and end every sign-in of the user."""
    values = {"password_hash": passwords.make_hash(password)}
    with repository.transaction():
        repository.save(user, values)  # locks the user: no sign-in comes in between
        security.end_sign_ins(user_id=user.id)


def issue(
    user_id: UUID, sign_in_id: UUID, lifetime: timedelta | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return new Tokens, and what is stored of them."""
    config = current_app.config
    short = lifetime or timedelta(seconds=config["ACCESS_TOKEN_SECONDS"])
    long = timedelta(days=config["REFRESH_TOKEN_DAYS"])
    claims = {"sub": str(user_id), "sid": str(sign_in_id), "jti": uuid4().hex}
    refresh_token = tokens.encode(tokens.REFRESH, long, **claims)
    issued = {
        "access_token": tokens.encode(tokens.ACCESS, short, **claims),
        "refresh_token": refresh_token,
        "token_type": "Bearer",
        "expires_in": int(short.total_seconds()),
    }
    return issued, {"token_hash": digest(refresh_token), "expires_at": utc_now() + long}


def digest(token: str) -> str:
    """Return what is stored of a token: it is random, so a fast hash is enough."""
    return sha256(token.encode()).hexdigest()
