"""Every error as `application/problem+json` (RFC 9457), and the errors of services."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Flask, Response, current_app, json, request
from marshmallow import Schema, fields
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, TimeoutError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.sansio.response import Response as BaseResponse

from app.core import engine
from app.core.logging import request_id

PROBLEM_JSON = "application/problem+json"


class ServiceError(Exception):
    """What a service refuses, and which field of the request is at fault, if one is."""

    status = 400

    def __init__(self, message: str, field: str = "", location: str = "json") -> None:
        super().__init__(message)
        self.field = field
        self.location = location


class NotFound(ServiceError):
    """The row does not exist or is deleted."""

    status = 404


{% if cookiecutter.auth == "jwt" %}
class Unauthorized(ServiceError):
    """Who asks is not known."""

    status = 401
    challenge = "Bearer"  # RFC 6750

    def __init__(self, message: str = "A token is needed: sign in.") -> None:
        super().__init__(message)


class BadToken(Unauthorized):
    """The token is malformed, forged, expired, or its sign-in has ended."""

    challenge = 'Bearer error="invalid_token"'

    def __init__(self) -> None:
        super().__init__("The token is not valid, or no longer: sign in.")


class Forbidden(ServiceError):
    """Who asks is known, and may not do this."""

    status = 403


{% endif %}
class Conflict(ServiceError):
    """The change would break a rule between rows."""

    status = 409


class Invalid(ServiceError):
    """A value that only a look into the database can tell to be wrong."""

    status = 422


class FieldError(Schema):
    """What is wrong with one field of a request."""

    location = fields.String(
        required=True, metadata={"description": "json, query or headers"}
    )
    field = fields.String(
        required=True, metadata={"description": "Its name, with dots in objects"}
    )
    message = fields.String(required=True)


class Problem(Schema):
    """The details of a problem, as RFC 9457 names them."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(
        required=True, metadata={"description": "The path of the request"}
    )
    request_id = fields.String(required=True)
    errors = fields.List(fields.Nested(FieldError))


def configure(app: Flask) -> None:
    """Answer every error with a problem, in debug mode too."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.register_error_handler(HTTPException, handle_http_exception)
    app.register_error_handler(ServiceError, handle_service_error)
    lost = "Another request changed it in the meantime."
    app.register_error_handler(StaleDataError, lambda error: problem(412, lost))
    app.register_error_handler(DBAPIError, handle_database_error)
    app.register_error_handler(TimeoutError, handle_unavailable)


def problem(
    status: int, detail: str | None, errors: Any = (), headers: Any = None
) -> Response:
    """Make the answer; `errors` are as in FieldError."""
    content = {
        "type": "about:blank",
        "title": HTTP_STATUS_CODES[status],
        "status": status,
        "detail": detail,
        "instance": request.path,
        "request_id": request_id(),
    } | ({"errors": errors} if errors else {})
    return Response(json.dumps(content), status, headers, content_type=PROBLEM_JSON)


def handle_http_exception(error: HTTPException) -> BaseResponse:
    """Keep the status and the headers (Allow, Retry-After …) and replace the page."""
    if error.response is not None:
        return error.response  # abort(Response) means that very response
    status, data = error.code or 500, getattr(error, "data", {})
    messages = data.get("messages", {})
    detail = "Some fields are not valid." if messages else error.description
    detail = data.get("message", detail)  # of flask_smorest.abort()
    errors = sorted(field_errors(messages), key=lambda error: error["field"])
    headers = dict(error.get_headers()) | (data.get("headers") or {})
    return problem(status, detail, errors, headers)


def field_errors(messages: Any, *path: str) -> Iterator[dict[str, str]]:
    """Flatten the nested messages of marshmallow to one entry for each message."""
    if isinstance(messages, Mapping):
        for name, nested in messages.items():
            yield from field_errors(nested, *path, str(name))
    else:
        for text in [messages] if isinstance(messages, str) else messages:
            field = ".".join(path[1:])
            yield {"location": path[0], "field": field, "message": str(text)}


def handle_service_error(error: ServiceError) -> Response:
    """Answer what a service refused."""
    text = str(error)
{% if cookiecutter.auth == "jwt" %}
    if isinstance(error, Unauthorized):
        return problem(401, text, headers={"WWW-Authenticate": error.challenge})
{% endif %}
    if not error.field:
        return problem(error.status, text)
    entry = {"location": error.location, "field": error.field, "message": text}
    return problem(error.status, f"{error.field}: {text}", [entry])


def handle_database_error(error: DBAPIError) -> Response:
    """Name the field of a broken constraint, and never a value or a statement."""
    if engine.is_unavailable(error):
        return handle_unavailable(error)
    if columns := engine.taken_columns(error):
        return handle_service_error(Conflict("Is already taken.", ", ".join(columns)))
    if engine.is_broken_reference(error):
        return problem(409, "The change would break a rule of the database.")
    raise error  # a fault of ours: what a schema or a service should have refused


def handle_unavailable(error: SQLAlchemyError) -> Response:
    """Ask to come back later: the database is away, or busy with other writers."""
    cause = getattr(error, "orig", None) or error
    current_app.logger.error("The database does not answer: %s", cause)
    detail = "The database does not answer. Try again in a moment."
    return problem(503, detail, headers={"Retry-After": "1"})
