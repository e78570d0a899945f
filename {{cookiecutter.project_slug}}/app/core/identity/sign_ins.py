"""Sign-ins: how one is found by the claims of a token, and what ends it.

Revocation is at once: each request looks its sign-in up, and nothing else decides.
"""

from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import current_app, g

from app.core.data import repository
from app.core.data.base import utc_now
from app.core.data.session import db, transaction
from app.core.data.soft_delete import prepare
from app.core.errors import NotFound
from app.core.identity import permissions
from app.core.identity.errors import BadToken
from app.core.identity.models import Account, ApiKey, MailToken, SignIn
from app.core.identity.rate_limits import network_of
from app.core.web.pagination import paginate


def find(claims: dict[str, Any]) -> tuple[Account, str | None]:
    """Return the user of a good sign-in, and its `previous_hash`. Raises BadToken."""
    ids = {"sid": UUID(claims["sid"]), "sub": UUID(claims["sub"])}
    found = db.session.execute(query(), ids | {"now": utc_now()}).first()
    if found is None:
        raise BadToken
    return found


@cache
def query() -> sa.Select[Account, str | None]:
    """Return the query of `find`; to build it anew would take as long as to run it."""
    user = SignIn.user.property.mapper.class_  # `User`
    query = sa.select(user, SignIn.previous_hash).join_from(SignIn, SignIn.user)
    query = query.where(
        user.is_active.is_(True),
        SignIn.id == sa.bindparam("sid"),
        SignIn.user_id == sa.bindparam("sub"),
        SignIn.ended_at.is_(None),
        SignIn.expires_at > sa.bindparam("now"),
    )
    return prepare(query)


def lock(claims: dict[str, Any]) -> SignIn:
    """Return the sign-in of a token, so that no other request changes it. BadToken."""
    find(claims)
    newest = sa.select(SignIn).filter_by(id=UUID(claims["sid"]), ended_at=None)
    newest = newest.with_for_update().execution_options(populate_existing=True)
    sign_in = db.session.scalar(newest)
    if sign_in is None:  # it ended, or went with its user, while this one waited
        raise BadToken
    return sign_in


def lock_caller() -> None:
    """Look at the caller again after what took long, and lock it. Raises BadToken.

    While a hash waited for its turn, the caller may have been deactivated, demoted or
    signed out. Who has none, as the command line, is left alone.
    """
    user, sign_in_id = g.get("user"), g.get("sign_in_id")
    if user is None:
        return
    unchanged = {"is_active": True, "is_superuser": user.is_superuser}
    query = sa.select(type(user).id).filter_by(id=user.id, **unchanged)
    if db.session.scalar(query.with_for_update()) is None:
        raise BadToken
    if sign_in_id is not None:
        lock({"sid": str(sign_in_id), "sub": str(user.id)})


def rotate(sign_in: SignIn, client: dict[str, str]) -> None:
    """Note that the newest refresh token was used, when and from where."""
    sign_in.previous_hash, sign_in.used_at = sign_in.token_hash, utc_now()
    sign_in.address, sign_in.user_agent = client["address"], client["user_agent"]
    sign_in.expires_at = end_of(sign_in)


def may_repeat(
    sign_in: SignIn, claims: dict[str, Any], digest: str, client: dict[str, str]
) -> bool:
    """Tell whether the token before the newest comes again just after, from its place.

    Not twice in a row: then two clients share the sign-in, one always seconds behind.
    """
    seconds = current_app.config["REFRESH_REPEAT_SECONDS"]
    return (
        digest == sign_in.previous_hash
        and claims.get("jti", "") != sign_in.repeated_hash  # of the token before it
        and utc_now() - sign_in.used_at <= timedelta(seconds=seconds)
        and network_of(client["address"]) == network_of(sign_in.address)
    )


def end_repeats(claims: dict[str, Any], previous_hash: str | None) -> None:
    """Allow no repeat once an access token of the newest refresh was used: it arrived."""
    used = claims.get("jti")
    if used is not None and used == previous_hash:
        sign_in_id = UUID(claims["sid"])
        newest = sa.update(SignIn).filter_by(id=sign_in_id, previous_hash=used)
        repository.change(newest.values(previous_hash=None))


def end_of(sign_in: SignIn) -> datetime:
    """Return when a sign-in ends: without use (sliding), and at the latest (absolute)."""
    config = current_app.config
    sliding = sign_in.used_at + timedelta(days=config["REFRESH_TOKEN_DAYS"])
    absolute = sign_in.created_at + timedelta(days=config["SIGN_IN_DAYS"])
    return min(sliding, absolute)


def end(model: type[SignIn | ApiKey], **criteria: UUID) -> int:
    """Revoke what has these values and has not ended; return how many rows."""
    ended = sa.update(model).filter_by(**criteria, ended_at=None)
    return repository.change(ended.values(ended_at=utc_now()))


def end_access(user_id: UUID) -> None:
    """Revoke all that a user has: every sign-in, then every API key."""
    with transaction():
        for model in (SignIn, ApiKey):
            end(model, user_id=user_id)


def list_of(
    model: type[SignIn | ApiKey], user: Account, query: dict[str, Any]
) -> dict[str, Any]:
    """Return one page of those of a user that have not ended."""
    return paginate(model, user_id=user.id, ended_at=None, **query)


def end_own(model: type[SignIn | ApiKey], user: Account, row_id: UUID) -> None:
    """Revoke one of a user. Raises NotFound for one of somebody else."""
    if not end(model, id=row_id, user_id=user.id):
        raise NotFound(f"{model.__name__} not found.")


def sign_out(user: Account, sign_in_id: UUID, everywhere: bool) -> None:
    """End a sign-in of a user, or all of them."""
    if everywhere:
        end(SignIn, user_id=user.id)
    else:
        end(SignIn, id=sign_in_id)


def delete_account(user: Account) -> None:
    """Delete a user with all access. Raises Conflict while other rows refer to it."""
    with transaction():
        permissions.keep_a_superuser(user)
        # Deactivate it: whatever brings the row back brings no access back.
        repository.save(user, {"is_active": False})  # row lock: no sign-in in between
        for model in (SignIn, ApiKey, MailToken):
            db.session.execute(sa.delete(model).filter_by(user_id=user.id))
        repository.delete(user)
        permissions.log(f"User {user.id} was deleted")


def purge(model: type[SignIn | ApiKey | MailToken]) -> int:
    """Remove what has expired; return how many rows."""
    return repository.change(sa.delete(model).where(model.expires_at < utc_now()))
