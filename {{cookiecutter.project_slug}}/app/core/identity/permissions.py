"""Authorization: what the caller may do. Services ask here; it knows nothing of HTTP."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import current_app, g, has_request_context, request

from app.core.data.session import db
from app.core.errors import Conflict, NotFound
from app.core.identity.errors import Forbidden, Unauthorized
from app.core.identity.models import Account


def caller() -> Account:
    """Return who asks; outside a request, who `g.user` was set to. Raises Unauthorized."""
    user: Account | None = g.get("user")
    if user is None:
        raise Unauthorized
    return user


def own(column: Any) -> sa.ColumnElement[bool]:
    """Row-level access: the condition for rows of the caller, for a superuser all."""
    user = caller()
    return sa.true() if user.is_superuser else column == user.id


def check_owner(owner_id: UUID, field: str) -> None:
    """Let only superusers name somebody else. Raises Forbidden."""
    user = caller()
    if owner_id != user.id and not user.is_superuser:
        raise Forbidden("Only a superuser may name somebody else.", field)


def check_privileges(values: dict[str, Any], *fields: str) -> None:
    """Let only superusers set these fields. Raises Forbidden."""
    for field in values.keys() & set(fields):
        if not caller().is_superuser:
            raise Forbidden("Only a superuser may set this.", field)


def keep_a_superuser(user: Account) -> None:
    """Lock a user, and refuse to take the last active superuser away.

    The lock on all of them lets two that would end each other take turns. And who is to
    be ended cannot prevent it by changes of its own row, again and again.
    Raises Conflict, and NotFound for a user that is gone.
    """
    model = type(user)
    superusers = sa.select(model.id).filter_by(is_superuser=True, is_active=True)
    locked = superusers.order_by(model.id).with_for_update()
    if db.session.scalars(locked).all() == [user.id]:
        raise Conflict("It is the last active superuser: make another one first.")
    newest = sa.select(model).filter_by(id=user.id).with_for_update()
    if db.session.scalar(newest.execution_options(populate_existing=True)) is None:
        raise NotFound("User not found.")


def log_privileges(user: Account, values: dict[str, Any]) -> None:
    """Audit log: say who gave what to whom, or took it away."""
    for field in sorted(values.keys() & {"is_active", "is_superuser"}):
        log(f"{field} of user {user.id} is {values[field]} now")


def log(event: str) -> None:
    """Audit log: say what happened to an account, and who did it."""
    where = request.path if has_request_context() else "the command line"
    by = f"user {g.user.id}" if "user" in g else where
    current_app.logger.warning("%s, by %s.", event, by)
