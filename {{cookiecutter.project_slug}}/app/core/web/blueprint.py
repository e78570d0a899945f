"""The blueprint of the API: what holds for each of its operations."""

from functools import partial
from typing import Any

import flask_smorest
from flask import Response, abort, current_app, request
from flask_smorest.utils import get_appcontext
from werkzeug.http import quote_etag

from app.core.web.problems import PROBLEM_JSON
from app.core.web.request_parser import Parser, instance

API_PREFIX = "/api/v1"


class Blueprint(flask_smorest.Blueprint):
    """A blueprint of the API, served and documented below its prefix."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, *args: Any, **options: Any) -> None:
        """Take what `flask.Blueprint` takes, and a `description`."""
        super().__init__(*args, **options)
        self.before_request(self.check_request)
        self.after_request(add_location)
        self.after_request(leave_empty)
        self.after_request(keep_out_of_caches)

    def register_views_in_doc(self, api: Any, *args: Any, **options: Any) -> None:
        """Describe the operations when somebody asks for the OpenAPI document."""
        describe = super().register_views_in_doc
        api.undescribed.append(partial(describe, api, *args, **options))

    def check_request(self) -> None:
        """Content negotiation (RFC 9110): refuse a request for what is not answered."""
        accepted, types = request.accept_mimetypes, content_types()
        if accepted and not accepted.best_match([*types, PROBLEM_JSON]):
            abort(406, f"The service answers with {' or '.join(types)} only.")

    def check_etag(self, etag_data: Any, etag_schema: Any = None) -> None:
        """Refuse a change of another version than the one that the client knows."""
        shared = isinstance(etag_schema, type)
        super().check_etag(etag_data, instance(etag_schema) if shared else etag_schema)

    def _check_not_modified(self, etag: str) -> None:
        """Conditional request: answer 304 with the ETag, as RFC 9110 asks for."""
        known = request.if_none_match.contains_weak(etag)
        if request.method in {"GET", "HEAD"} and known:
            abort(Response(status=304, headers={"ETag": quote_etag(etag)}))


def documentation() -> dict[str, Any]:
    """Return what the decorators say about the view of the request."""
    view: Any = current_app.view_functions[request.endpoint or ""]
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        # HEAD is answered by `get`, and OPTIONS by Flask.
        usual = getattr(view_class, "get", None)
        view = getattr(view_class, request.method.lower(), usual)
    said: dict[str, Any] = getattr(view, "_apidoc", {})
    return said


def content_types() -> list[str]:
    """Return those of the answers, as `@blp.response` and `@blp.alt_response` say."""
    said = documentation().get("response", {}).get("responses", {})
    answers = [answer for code in said if int(code) < 300 for answer in said[code]]
    types = [answer.get("content_type") or "application/json" for answer in answers]
    return sorted(set(types)) or ["application/json"]


def add_location(response: Response) -> Response:
    """Location: say where the row is that a request made."""
    row = get_appcontext().get("result_dump")  # what `@blp.response` has written
    if response.status_code == 201 and not response.location and row:
        response.location = f"{request.path.rstrip('/')}/{row['id']}"
    return response


def leave_empty(response: Response) -> Response:
    """Send no body where an operation returns nothing, and not the JSON `null`."""
    if get_appcontext().get("result_dump", response) is None:
        response.data = b""
        del response.headers["Content-Type"]
    return response


def keep_out_of_caches(response: Response) -> Response:
    """Let nobody store an answer, which may be personal; an ETag is checked all the same."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response
