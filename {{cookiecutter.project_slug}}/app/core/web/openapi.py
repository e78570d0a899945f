"""The OpenAPI document: what it says is what the service answers."""

import tomllib
from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Any

import flask_smorest
from apispec import BasePlugin
from flask import Flask
from werkzeug.http import HTTP_STATUS_CODES

from app.core.web.blueprint import API_PREFIX
from app.core.web.problems import PROBLEM_JSON, Problem

LOCATION = {"Location": {"schema": {"type": "string", "format": "uri-reference"}}}
IF_MATCH = "The ETag of the answer before, or `*` to change whatever is there"
ACTIONS = {"post": "create", "put": "replace", "patch": "update", "delete": "delete"}
# The names of the answers in the document; those of http.HTTPStatus change with Python.
RESPONSES = {code: title.replace(" ", "") for code, title in HTTP_STATUS_CODES.items()}


class Operations(BasePlugin):
    """Gives every operation an id and the errors that its kind can answer."""

    def operation_helper(self, path: Any = "", operations: Any = (), **_: Any) -> None:
        """Complete the operations of one path, in place."""
        for method, operation in operations.items():
            operation["operationId"] = operation_id(path, method)
            responses = operation["responses"]
            errors = {code for code in responses if code != "default" and code >= 300}
            errors |= possible_errors(path, method, operation)
            responses |= {code: RESPONSES[code] for code in errors}
            if 201 in responses:
                responses[201]["headers"] = responses[201].get("headers", {}) | LOCATION
            in_order = sorted(responses.items(), key=lambda item: str(item[0]))
            operation["responses"] = dict(in_order)


def possible_errors(path: str, method: str, operation: dict[str, Any]) -> set[int]:
    """Return the errors that follow from the path, the method and the body."""
    errors = {406}
    if "{" in path:
        errors.add(404)
    if "requestBody" in operation:
        errors |= {400, 413, 415, 422}
    if method != "get":
        errors.add(409)
    return errors


def operation_id(path: str, method: str) -> str:
    """Name an operation after its path: `users_list`, `users_get`, `users_lookup_get`."""
    steps = path.removeprefix(API_PREFIX).split("/")
    names = [step for step in steps if step and "{" not in step]
    action = ACTIONS.get(method, "list" if path.endswith("/") else "get")
    is_command = method == "post" and not path.endswith("/")  # its path says what
    return "_".join(names if is_command else [*names, action]).replace("-", "_")


class Api(flask_smorest.Api):
    """The API and its OpenAPI document, served as `/openapi.json`."""

    DEFAULT_ERROR_RESPONSE_NAME = "Error"

    def __init__(self, app: Flask) -> None:
        """Take the title, the description and the version from `api_info.toml`."""
        config = app.config
        config.from_file("api_info.toml", tomllib.load, text=False)
        info = {"title": config["API_TITLE"], "description": config["API_DESCRIPTION"]}
        options = {"info": info, "servers": [{"url": "/"}]}
        # Lazily: to describe the operations takes a quarter of a start, and is for
        # readers of the document only.
        self.undescribed: list[Callable[[], None]] = [self.describe_responses]
        self.describing = Lock()
        super().__init__(app, spec_kwargs=options | {"extra_plugins": [Operations()]})
        self.spec.to_dict = partial(self.document, self.spec.to_dict)

    def document(self, to_dict: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return the document, after the operations that are not described in it yet."""
        with self.describing:
            while self.undescribed:
                self.undescribed[0]()
                del self.undescribed[0]
        return to_dict()

    def _register_etag_headers(self) -> None:
        """Register the headers of conditional requests."""
        super()._register_etag_headers()
        headers = self.spec.components.parameters_lazy
        headers["IF_MATCH"] = headers["IF_MATCH"] | {"description": IF_MATCH}

    def _register_pagination_header(self) -> None:
        """Leave out the header of flask-smorest's own pages, which have a COUNT(*)."""

    def _register_responses(self) -> None:
        """Leave that for `document`, too."""

    def describe_responses(self) -> None:
        """Describe the answer to each status; an error is a problem."""
        problem: dict[str, Any] = {"content": {PROBLEM_JSON: {"schema": Problem}}}
        for code, title in HTTP_STATUS_CODES.items():
            answer = {"description": title} | (problem if code >= 400 else {})
            self.spec.components.response(RESPONSES[code], answer, lazy=True)
        default = {"description": "Any other error"} | problem
        self.spec.components.response("Error", default, lazy=True)
