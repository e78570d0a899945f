"""Flask-smorest, set up so that what it documents is what the service answers."""

import json
import tomllib
from pathlib import Path
from typing import Any, NoReturn

import flask_smorest
from apispec import BasePlugin
from flask import Flask, Request, abort
from flask_smorest.exceptions import NotModified
from marshmallow import RAISE
from webargs.flaskparser import FlaskParser
from werkzeug.http import HTTP_STATUS_CODES, quote_etag

from app.core.errors import PROBLEM_JSON, Problem

INFO = Path(__file__).resolve().parent.parent / "openapi.toml"
ACTIONS = {"post": "create", "put": "replace", "patch": "update", "delete": "delete"}


class Parser(FlaskParser):
    """Refuses what webargs lets through: other media types, NaN, unknown parameters."""

    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {
        "query": RAISE
    }

    def _raw_load_json(self, req: Request) -> Any:
        if not req.is_json:
            abort(415, "The body must be JSON, sent as application/json.")
        try:
            return json.loads(req.get_data(), parse_constant=_refuse)
        except (ValueError, RecursionError):
            abort(400, "The body is not valid JSON.")


def _refuse(constant: str) -> NoReturn:
    """Refuse `NaN` and `Infinity`, which Python reads and JSON does not have."""
    raise ValueError(constant)


class Blueprint(flask_smorest.Blueprint):
    """A blueprint of the API, served and documented below its prefix."""

    ARGUMENTS_PARSER = Parser()

    def _check_not_modified(self, etag: str) -> None:
        """Answer 304 with the ETag, as RFC 9110 asks for."""
        try:
            super()._check_not_modified(etag)
        except NotModified as error:
            error.data = {"headers": {"ETag": quote_etag(etag)}}
            raise


class Operations(BasePlugin):
    """Gives every operation an id and the errors that its kind can answer."""

    def operation_helper(
        self, path: str | None = None, operations: Any = None, **kwargs: Any
    ) -> None:
        """Complete the operations of one path, in place."""
        for method, operation in operations.items():
            operation["operationId"] = operation_id(str(path), method)
            responses = operation["responses"]
            for status in error_statuses(str(path), method, operation):
                responses[status] = component(status)
            ordered = sorted(responses.items(), key=lambda item: str(item[0]))
            operation["responses"] = dict(ordered)


def operation_id(path: str, method: str) -> str:
    """Name an operation after its path: `users_list`, `users_get`, `users_lookup_get`."""
    steps = [step for step in path.split("/")[3:] if step and "{" not in step]
    action = "list" if path.endswith("/") else "get"
    return "_".join([*steps, ACTIONS.get(method, action)]).replace("-", "_")


def error_statuses(path: str, method: str, operation: Any) -> set[int]:
    """Return the error statuses that follow from what an operation takes."""
    statuses = {code for code in operation["responses"] if str(code) >= "3"}
    statuses.discard("default")
    if "{" in path:
        statuses.add(404)
    if "requestBody" in operation:
        statuses |= {400, 413, 415, 422}
    if method != "get":
        statuses.add(409)
    return statuses


def component(status: int) -> str:
    """Return the name that the document has for the answer with an error status."""
    return HTTP_STATUS_CODES[status].replace(" ", "")


class Api(flask_smorest.Api):
    """The API and its OpenAPI document."""

    DEFAULT_ERROR_RESPONSE_NAME = "Error"

    def __init__(self, app: Flask) -> None:
        """Serve the document as `/openapi.json`."""
        info = tomllib.loads(INFO.read_text(encoding="utf-8"))
        app.config.update(
            API_TITLE=info["title"],
            API_DESCRIPTION=info["description"],
            API_VERSION=info["version"],
            OPENAPI_VERSION="3.1.0",
            OPENAPI_URL_PREFIX="/",
        )
        options = {"info": info, "extra_plugins": [Operations()]}
        super().__init__(app, spec_kwargs=options)

    def register_blueprint(self, blp: Any, **options: Any) -> None:
        """Register a blueprint; its document is the same for functions and classes."""
        super().register_blueprint(blp, **options)
        for path in self.spec.to_dict()["paths"].values():
            if "parameters" in path:
                path["parameters"] = path.pop("parameters")

    def _register_error_handlers(self) -> None:
        """Leave errors to `app.core.errors`, which also handles those outside the API."""

    def _register_pagination_header(self) -> None:
        """Leave out the header of flask-smorest's own pages, which have a COUNT(*)."""

    def _register_responses(self) -> None:
        """Register the answer to each status under a name that no Python changes."""
        content = {PROBLEM_JSON: {"schema": Problem}}
        for status, title in HTTP_STATUS_CODES.items():
            response: dict[str, Any] = {"description": title}
            if status >= 400:
                response["content"] = content
            self.spec.components.response(component(status), response, lazy=True)
        response = {"description": "Any other error", "content": content}
        name = self.DEFAULT_ERROR_RESPONSE_NAME
        self.spec.components.response(name, response, lazy=True)
