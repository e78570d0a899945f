"""Authorization: what the caller may do. Services ask here; it knows nothing of HTTP."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import g

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
