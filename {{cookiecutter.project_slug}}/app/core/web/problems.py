"""Problem details: every error as `application/problem+json` (RFC 9457)."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from flask import Flask, Response, current_app, json, request
from flask_smorest.exceptions import PreconditionFailed
from marshmallow import Schema, fields
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, TimeoutError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.sansio.response import Response as BaseResponse

from app.core.data import dialect
from app.core.errors import Conflict, Invalid, NotFound, ServiceError
from app.core.web.request_log import request_id

PROBLEM_JSON = "application/problem+json"
BEHIND = (
    "The database is behind the models. Run: ./manage.py db upgrade; and first, if a "
    'model was changed: make migrate m="what changed"'
)
CHANGED = (
    "It has changed in the meantime: get it again for its ETag, or send If-Match: * to "
    "change whatever is there."
)
MOST = 100  # errors in one answer, however many a body has
# The status of each exception; a subclass has that of its class.
STATUS = {ServiceError: 400, NotFound: 404, Conflict: 409, Invalid: 422}


class FieldError(Schema):
    """What is wrong with one field of a request."""

    location = fields.String(
        required=True, metadata={"description": "json, query, headers or files"}
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
    for kind, status in STATUS.items():
        app.register_error_handler(kind, partial(handle_service_error, status))
    for lost in (StaleDataError, PreconditionFailed):
        app.register_error_handler(lost, handle_lost_race)
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
    errors = sorted(field_errors(messages), key=lambda error: error["field"])[:MOST]
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


def handle_service_error(status: int, error: ServiceError) -> Response:
    """Answer what a service refused."""
    text = str(error)
    if not error.field:
        return problem(status, text)
    entry = {"location": error.location, "field": error.field, "message": text}
    return problem(status, f"{error.field}: {text}", [entry])


def handle_lost_race(error: StaleDataError | PreconditionFailed) -> Response:
    """Optimistic locking: another request wrote the version that this one had read."""
    return problem(412, CHANGED)


def handle_database_error(error: DBAPIError) -> Response:
    """Name the field of a broken constraint, and never a value or a statement."""
    if dialect.is_unavailable(error):
        return handle_unavailable(error)
    if columns := dialect.taken_columns(error):
        taken = Conflict("Is already taken.", ", ".join(columns))
        return handle_service_error(409, taken)
    if dialect.is_broken_reference(error):
        return problem(409, "The change would break a rule of the database.")
    developing = current_app.config["APP_ENV"] == "development"
    if developing and re.search(dialect.BEHIND, str(error.orig)):
        current_app.logger.error("The database is behind the models: %s", error.orig)
        return problem(500, BEHIND)
    raise error  # a fault of ours: what a schema or a service should have refused


def handle_unavailable(error: SQLAlchemyError) -> Response:
    """Ask to come back later: the database is away, or busy with other writers."""
    cause = getattr(error, "orig", None) or error
    current_app.logger.error("The database does not answer: %s", cause)
    detail = "The database does not answer. Try again in a moment."
    return problem(503, detail, headers={"Retry-After": "1"})
