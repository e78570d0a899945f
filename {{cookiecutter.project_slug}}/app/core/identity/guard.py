"""Authentication: who asks is found out before every operation, or it is refused.

Closed by default: an operation needs a good credential of an active user, unless its
view says `@blp.access(ANYONE)`. Runs first, see `blueprint.py`.
"""

from collections.abc import Callable
from contextlib import nullcontext
from enum import Enum
from functools import partial, wraps
from typing import Any
from uuid import UUID

from apispec import APISpec
from flask import Flask, Response, current_app, g, request

from app.core.data.session import only_reads, transaction
from app.core.identity import api_keys, bearer
from app.core.identity.errors import BadToken, Forbidden, Unauthorized
from app.core.identity.models import Account
from app.core.web import problems
from app.core.web.blueprint import documentation
from app.core.web.request_parser import read_body

# The ways of knowing who asks, each a module like bearer.py; the first header decides.
READERS = (bearer, api_keys)


class Access(Enum):
    """Who may call an operation."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"
    IN_PERSON = "signed in, not by an API key"
    SUPERUSER = "superuser"


def configure(app: Flask, spec: APISpec) -> None:
    """Answer 401 and 403, and say in the OpenAPI document how to authenticate."""
    app.register_error_handler(Unauthorized, challenge)
    app.register_error_handler(Forbidden, partial(problems.handle_service_error, 403))
    spec.options["security"] = [{reader.NAME: []} for reader in READERS]
    for reader in READERS:
        spec.components.security_scheme(reader.NAME, reader.SCHEME)


def authenticate() -> None:
    """Refuse who may not call the operation. Raises Unauthorized and Forbidden."""
    if is_preflight():
        return
    level = required_access()
    if level is Access.ANYONE:
        return
    g.user, g.sign_in_id = identify()
    g.log_fields["user"] = str(g.user.id)
    if level is Access.IN_PERSON and g.sign_in_id is None:
        raise Forbidden("Sign in for this: an API key is not enough.")
    if level is Access.SUPERUSER and not g.user.is_superuser:
        raise Forbidden("Only a superuser may do this.")


def while_registration_is_enabled(view: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse a new account while REGISTRATION_ENABLED is off, before the body is read."""

    @wraps(view)
    def check(*args: Any, **kwargs: Any) -> Any:
        if not current_app.config["REGISTRATION_ENABLED"]:
            raise Forbidden("Nobody can register here: ask a superuser for an account.")
        return view(*args, **kwargs)

    return check


def identify() -> tuple[Account, UUID | None]:
    """Return who asks, and the sign-in by its id. Raises Unauthorized, BadToken."""
    for reader in READERS:
        if reader.HEADER in request.headers:
            # The body first: whoever is revoked while it comes in is refused. And no
            # lock is held meanwhile.
            read_body(request)
            # Who only reads goes on with the same connection; who writes lets it go.
            with nullcontext() if only_reads() else transaction():
                found: tuple[Account, UUID | None] = reader.read(request)
            return found
    raise Unauthorized


def is_preflight() -> bool:
    """CORS: browsers ask without a token what a page of another origin may do."""
    rule: Any = request.url_rule
    return request.method == "OPTIONS" and bool(rule.provide_automatic_options)


def required_access() -> Access:
    """Return what the view of the request is marked with, by `@blp.access`."""
    level: Access = documentation().get("access", Access.SIGNED_IN)
    return level


def challenge(error: Unauthorized) -> Response:
    """Answer 401, and say how to authenticate (RFC 9110)."""
    fault = ' error="invalid_token"' if isinstance(error, BadToken) else ""
    challenges = ", ".join(reader.CHALLENGE + fault for reader in READERS)
    headers = {"WWW-Authenticate": challenges}
    return problems.problem(401, str(error), headers=headers)
