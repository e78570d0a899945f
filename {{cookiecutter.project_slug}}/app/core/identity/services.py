"""Signing in and out; knows nothing of HTTP."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import current_app
from uuid_utils.compat import uuid7

from app.core.data import repository
from app.core.data.base import utc_now
from app.core.data.session import db, transaction
from app.core.errors import Invalid
from app.core.identity import passwords, sign_ins, tokens
from app.core.identity.errors import BadToken, Unauthorized
from app.core.identity.models import Account, SignIn

WRONG = "The address or the password is wrong."


def sign_in(email: str, password: str) -> dict[str, Any]:
    """Return Tokens of a new sign-in. Raises Unauthorized, always in the same words."""
    model = SignIn.user.property.mapper.class_  # `User`
    query = sa.select(model).filter_by(email=email, is_active=True)
    with transaction():  # a hash takes long: hold no lock meanwhile
        stored = db.session.scalar(query.with_only_columns(model.password_hash))
    if not passwords.matches(password, stored) or not stored:
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
        user.password_hash = newer
        return start(user)


def start(user: Account, lifetime: timedelta | None = None) -> dict[str, Any]:
    """Store a new sign-in and return its Tokens; `lifetime` is of the access token."""
    sign_in = SignIn(id=uuid7())
    issued, values = issue(user.id, sign_in.id, lifetime)
    repository.save(sign_in, values | {"user_id": user.id})
    return issued


def refresh(token: str) -> dict[str, Any]:
    """Refresh-token rotation: return new Tokens for the newest one. Raises BadToken.

    Reuse of an older one means theft, so its whole family is ended (RFC 9700).
    """
    claims, digest = tokens.decode(token, tokens.REFRESH), tokens.digest(token)
    with transaction():
        sign_in = sign_ins.find(claims)
        issued, values = issue(sign_in.user_id, sign_in.id)
        # Compare-and-swap: of several requests with one token, one wins.
        rotated = sign_ins.change(values, id=sign_in.id, token_hash=digest)
        if not rotated:
            sign_ins.end(id=sign_in.id)
    if not rotated:
        reused = "A refresh token of user %s came twice."
        current_app.logger.warning(reused, sign_in.user_id)
        raise BadToken
    return issued


def change_password(user: Account, current_password: str, new_password: str) -> None:
    """Change the password of a user. Raises Invalid for a wrong old one."""
    if not passwords.matches(current_password, user.password_hash):
        raise Invalid("Is wrong.", "current_password")
    set_password(user, new_password)


def set_password(user: Account, password: str) -> None:
    """Store a new password, and end every sign-in of the user."""
    values = {"password_hash": passwords.make_hash(password)}
    with transaction():
        repository.save(user, values)  # row lock: no sign-in comes in between
        sign_ins.end(user_id=user.id)


def issue(
    user_id: UUID, sign_in_id: UUID, lifetime: timedelta | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return new Tokens, and what is stored of them."""
    config = current_app.config
    access_lifetime = lifetime or timedelta(seconds=config["ACCESS_TOKEN_SECONDS"])
    refresh_lifetime = timedelta(days=config["REFRESH_TOKEN_DAYS"])
    claims = {"sub": str(user_id), "sid": str(sign_in_id), "jti": uuid4().hex}
    refresh_token = tokens.encode(tokens.REFRESH, refresh_lifetime, **claims)
    issued = {
        "access_token": tokens.encode(tokens.ACCESS, access_lifetime, **claims),
        "refresh_token": refresh_token,
        "token_type": "Bearer",
        "expires_in": int(access_lifetime.total_seconds()),
    }
    stored = {"expires_at": utc_now() + refresh_lifetime}
    return issued, stored | {"token_hash": tokens.digest(refresh_token)}
