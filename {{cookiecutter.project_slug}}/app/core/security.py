"""Who asks, and what they may do.

Every operation of the API needs a token of an active user, unless `@blp.access(…)` says
otherwise; it is enforced before anything else, and the OpenAPI document says the same.
"""

from enum import Enum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import current_app, g, request

{% if cookiecutter.layout == "domain" %}
from app.auth.models import SignIn
{% endif %}
from app.core import tokens
from app.core.database import db, utc_now
from app.core.errors import BadToken, Forbidden, Invalid, Unauthorized
from app.core.repository import transaction
{% if cookiecutter.layout == "domain" %}
from app.users.models import User
{% else %}
from app.models.auth import SignIn
from app.models.user import User
{% endif %}


class Access(Enum):
    """Who may call an operation."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"
    SUPERUSER = "superuser"


ANYONE, SUPERUSER = Access.ANYONE, Access.SUPERUSER


def authenticate() -> None:
    """Learn who asks. Raises Unauthorized, BadToken and Forbidden."""
    rule: Any = request.url_rule
    if request.method == "OPTIONS" and rule.provide_automatic_options:
        return  # browsers ask without a token what other origins may do
    level = getattr(view_function(), "access", Access.SIGNED_IN)
    if level is Access.ANYONE:
        return
    if "Authorization" not in request.headers:
        raise Unauthorized
    claims = tokens.decode(bearer_token(), tokens.ACCESS)
    with transaction():  # no lock is held while the body comes in
        g.user, g.sign_in_id = find_user(claims), UUID(claims["sid"])
    g.user_id = claims["sub"]  # for the log, also when the database is gone
    if level is Access.SUPERUSER and not g.user.is_superuser:
        raise Forbidden("Only a superuser may do this.")


def bearer_token() -> str:
    """Return the token of the request (RFC 6750). Raises BadToken."""
    try:
        given = request.authorization
    except ValueError as error:  # bytes that are no text
        raise BadToken from error
    if given is None or given.type != "bearer" or not given.token:
        raise BadToken
    return given.token


def view_function() -> Any:
    """Return the function that answers the present request."""
    view: Any = current_app.view_functions[request.endpoint or ""]
    view_class = getattr(view, "view_class", None)
    if view_class is None:
        return view
    return getattr(view_class, request.method.lower(), None) or view_class.get


def find_user(claims: dict[str, Any]) -> User:
    """Return the active user of a token whose sign-in has not ended. Raises BadToken."""
    found = sa.select(User).join(SignIn, SignIn.user_id == User.id)
    found = found.where(SignIn.id == UUID(claims["sid"]), User.is_active)
    user = db.session.scalar(found.where(User.id == UUID(claims["sub"])))
    if user is None:
        raise BadToken
    return user


def caller() -> User:
    """Return who asks; outside a request, who `g.user` was set to. Raises Unauthorized."""
    user: User | None = g.get("user")
    if user is None:
        raise Unauthorized
    return user


def sign_in_id() -> UUID:
    """Return by which sign-in the caller is known."""
    found: UUID = g.sign_in_id
    return found


def own(column: Any) -> sa.ColumnElement[bool]:
    """Return the condition for rows of the caller, for a superuser every row."""
    user = caller()
    return sa.true() if user.is_superuser else column == user.id


def check_owner(owner_id: UUID, field: str) -> None:
    """Let only superusers name somebody else. Raises Forbidden."""
    user = caller()
    if owner_id != user.id and not user.is_superuser:
        raise Forbidden("Only a superuser may name somebody else.", field)


def check_reference(owner: Any, values: dict[str, Any], field: str) -> None:
    """Let a field refer to rows of the caller only, by their `owner`. Raises Invalid."""
    model, row_id = owner.class_, values.get(field)
    own_row = sa.select(model.id).where(model.id == row_id, own(owner))
    if row_id is not None and db.session.scalar(own_row) is None:
        raise Invalid(f"There is no such {model.__name__}.", field)


def check_privileges(values: dict[str, Any], *fields: str) -> None:
    """Let only superusers set these fields. Raises Forbidden."""
    for field in values.keys() & set(fields):
        if not caller().is_superuser:
            raise Forbidden("Only a superuser may set this.", field)


def end_sign_ins(**criteria: UUID) -> None:
    """End the sign-ins with these values, at once: their tokens are refused."""
    ended = sa.update(SignIn).filter_by(**criteria).values(deleted_at=utc_now())
    with transaction():
        db.session.execute(ended, execution_options={"synchronize_session": False})


def purge_sign_ins() -> int:
    """Remove sign-ins that have expired; return how many."""
    with transaction():
        expired = sa.delete(SignIn).where(SignIn.expires_at < utc_now())
        result: Any = db.session.execute(expired)
    count: int = result.rowcount
    return count
