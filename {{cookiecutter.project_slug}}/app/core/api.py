"""Flask-smorest, set up so that what it documents is what the service answers."""

import json
import tomllib
from typing import Any

import flask_smorest
from apispec import BasePlugin
from flask import Flask, Request, Response, abort, request
from marshmallow import RAISE
from webargs.flaskparser import FlaskParser
from werkzeug.http import HTTP_STATUS_CODES, quote_etag

from app.core.errors import PROBLEM_JSON, Problem

API_PREFIX = "/api/v1"
ACTIONS = {"post": "create", "put": "replace", "patch": "update", "delete": "delete"}
# The names of the answers in the document; those of http.HTTPStatus change with Python.
ANSWERS = {code: title.replace(" ", "") for code, title in HTTP_STATUS_CODES.items()}


class Parser(FlaskParser):
    """Refuses what webargs lets through: other media types, NaN, unknown parameters."""

    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {
        "query": RAISE
    }

    def _raw_load_json(self, req: Request) -> Any:
        if not req.is_json:
            abort(415, "The body must be JSON, sent as application/json.")
        try:
            body = req.get_data()
            # A body without a length is cut at the limit, not refused.
            if req.content_length is None and len(body) == req.max_content_length:
                abort(413)
            # Python reads NaN and Infinity, which JSON does not have; int() fails.
            return json.loads(body, parse_constant=int)
        except (ValueError, RecursionError, OSError):  # OSError: chunks that are none
            abort(400, "The body is not valid JSON.")


class Blueprint(flask_smorest.Blueprint):
    """A blueprint of the API, served and documented below its prefix."""

    ARGUMENTS_PARSER = Parser()

    def _check_not_modified(self, etag: str) -> None:
        """Answer 304 with the ETag, as RFC 9110 asks for."""
        known = request.if_none_match.contains_weak(etag)
        if request.method in {"GET", "HEAD"} and known:
            abort(Response(status=304, headers={"ETag": quote_etag(etag)}))


class Operations(BasePlugin):
    """Gives every operation an id and the errors that its kind can answer."""

    def operation_helper(self, path: Any = "", operations: Any = (), **_: Any) -> None:
        """Complete the operations of one path, in place."""
        for method, operation in operations.items():
            operation["operationId"] = operation_id(path, method)
            responses = operation["responses"]
            errors = {code for code in responses if code != "default" and code >= 300}
            if "{" in path:
                errors.add(404)
            if "requestBody" in operation:
                errors |= {400, 413, 415, 422}
            if method != "get":
                errors.add(409)
            responses |= {code: ANSWERS[code] for code in errors}
            ordered = sorted(responses.items(), key=lambda item: str(item[0]))
            operation["responses"] = dict(ordered)


def operation_id(path: str, method: str) -> str:
    """Name an operation after its path: `users_list`, `users_get`, `users_lookup_get`."""
    steps = path.removeprefix(API_PREFIX).split("/")
    names = [step for step in steps if step and "{" not in step]
    action = "list" if path.endswith("/") else "get"
    return "_".join([*names, ACTIONS.get(method, action)]).replace("-", "_")


class Api(flask_smorest.Api):
    """The API and its OpenAPI document."""

    DEFAULT_ERROR_RESPONSE_NAME = "Error"

    def __init__(self, app: Flask) -> None:
        """Serve the document as `/openapi.json`."""
        config = app.config
        config.from_file("openapi.toml", tomllib.load, text=False)
        info = {"title": config["API_TITLE"], "description": config["API_DESCRIPTION"]}
        options = {"info": info, "servers": [{"url": "/"}]}
        super().__init__(app, spec_kwargs=options | {"extra_plugins": [Operations()]})

    def register_blueprint(self, blp: Any, **options: Any) -> None:
        """Register a blueprint; its document is the same for functions and classes."""
        super().register_blueprint(blp, **options)
        for path in self.spec.to_dict()["paths"].values():
            if "parameters" in path:
                path["parameters"] = path.pop("parameters")

    def _register_pagination_header(self) -> None:
        """Leave out the header of flask-smorest's own pages, which have a COUNT(*)."""

    def _register_responses(self) -> None:
        """Register the answer to each status; an error is a problem."""
        problem: dict[str, Any] = {"content": {PROBLEM_JSON: {"schema": Problem}}}
        for code, title in HTTP_STATUS_CODES.items():
            answer = {"description": title} | (problem if code >= 400 else {})
            self.spec.components.response(ANSWERS[code], answer, lazy=True)
        default = {"description": "Any other error"} | problem
        self.spec.components.response("Error", default, lazy=True)
