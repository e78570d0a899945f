"""Flask-smorest, set up so that what it documents is what the service answers."""

import json
import tomllib
{% if cookiecutter.auth == "jwt" %}
from collections.abc import Callable
from typing import Any, TypeVar
{% else %}
from typing import Any
{% endif %}

import flask_smorest
from apispec import BasePlugin
from flask import Flask, Request, Response, abort, request
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.http import HTTP_STATUS_CODES, quote_etag

{% if cookiecutter.auth == "jwt" %}
from app.core import security
{% endif %}
from app.core.errors import PROBLEM_JSON, Problem

{% if cookiecutter.auth == "jwt" %}
View = TypeVar("View")

{% endif %}
API_PREFIX = "/api/v1"
LOCATION = {"Location": {"schema": {"type": "string", "format": "uri-reference"}}}
ACTIONS = {"post": "create", "put": "replace", "patch": "update", "delete": "delete"}
# The names of the answers in the document; those of http.HTTPStatus change with Python.
RESPONSES = {code: title.replace(" ", "") for code, title in HTTP_STATUS_CODES.items()}


class Parser(FlaskParser):
    """Refuses what webargs lets through: other media types, NaN, doubled parameters."""

    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {
        "query": RAISE
    }

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        """Return the parameters, of which each may be given once."""
        lists = tuple(self.KNOWN_MULTI_FIELDS)
        for key, values in req.args.lists():
            if len(values) > 1 and not isinstance(schema.fields.get(key), lists):
                raise ValidationError({key: ["Is given more than once."]})
        return super().load_querystring(req, schema)

    def _raw_load_json(self, req: Request) -> Any:
        if not req.is_json:
            abort(415, "The body must be JSON, sent as application/json.")
        try:
            body = req.get_data()
        except HTTPException:
            raise
        except Exception as error:  # each server has its own for chunks that are none
            raise BadRequest("The body cannot be read.") from error
        # A body without a length is cut at the limit, not refused.
        if req.content_length is None and len(body) == req.max_content_length:
            abort(413)
        try:
            # Python reads NaN and Infinity, which JSON does not have; int() fails.
            return json.loads(body, parse_constant=int)
        except (ValueError, RecursionError):
            abort(400, "The body is not valid JSON.")


class Blueprint(flask_smorest.Blueprint):
    """A blueprint of the API, served and documented below its prefix."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, *args: Any, **options: Any) -> None:
        """Take what `flask.Blueprint` takes, and a `description`."""
        super().__init__(*args, **options)
{% if cookiecutter.auth == "jwt" %}
        self.before_request(security.authenticate)
{% endif %}
        self.before_request(check_accept)
        self.after_request(add_location)
{% if cookiecutter.auth == "jwt" %}

    def access(self, level: security.Access) -> Callable[[View], View]:
        """Say who may call an operation; without it, everybody who is signed in."""

        def decorate(view: View) -> View:
            anyone = level is security.ANYONE
            said = self.doc(security=[]) if anyone else self.alt_response(403)
            documented = said(view)
            vars(documented)["access"] = level  # security.authenticate enforces it
            return documented

        return decorate
{% endif %}

    def _check_not_modified(self, etag: str) -> None:
        """Answer 304 with the ETag, as RFC 9110 asks for."""
        known = request.if_none_match.contains_weak(etag)
        if request.method in {"GET", "HEAD"} and known:
            abort(Response(status=304, headers={"ETag": quote_etag(etag)}))


def check_accept() -> None:
    """Refuse a request for anything but JSON, as RFC 9110 allows."""
    accepted = request.accept_mimetypes
    if accepted and not accepted.best_match(["application/json", PROBLEM_JSON]):
        abort(406, "The service answers with application/json only.")


def add_location(response: Response) -> Response:
    """Say where the row is that a request made."""
    if response.status_code == 201 and response.json and not response.location:
        response.location = f"{request.path.rstrip('/')}/{response.json['id']}"
    return response


class Operations(BasePlugin):
    """Gives every operation an id and the errors that its kind can answer."""

    def operation_helper(self, path: Any = "", operations: Any = (), **_: Any) -> None:
        """Complete the operations of one path, in place."""
        for method, operation in operations.items():
            operation["operationId"] = operation_id(path, method)
            responses = operation["responses"]
            errors = {code for code in responses if code != "default" and code >= 300}
            errors.add(406)
{% if cookiecutter.auth == "jwt" %}
            if operation.get("security") != []:
                errors.add(401)
{% endif %}
            if "{" in path:
                errors.add(404)
            if "requestBody" in operation:
                errors |= {400, 413, 415, 422}
            if method != "get":
                errors.add(409)
            responses |= {code: RESPONSES[code] for code in errors}
            if 201 in responses:
                responses[201]["headers"] = responses[201].get("headers", {}) | LOCATION
            ordered = sorted(responses.items(), key=lambda item: str(item[0]))
            operation["responses"] = dict(ordered)


def operation_id(path: str, method: str) -> str:
    """Name an operation after its path: `users_list`, `users_get`, `users_lookup_get`."""
    steps = path.removeprefix(API_PREFIX).split("/")
    names = [step for step in steps if step and "{" not in step]
    action = "list" if path.endswith("/") else "get"
{% if cookiecutter.auth == "jwt" %}
    if method == "post" and not path.endswith("/"):
        return "_".join(names).replace("-", "_")  # auth_login
{% endif %}
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
{% if cookiecutter.auth == "jwt" %}
        options["security"] = [{"bearer": []}]
{% endif %}
        super().__init__(app, spec_kwargs=options | {"extra_plugins": [Operations()]})

    def complete(self) -> None:
        """Make the document the same for functions and classes, after the last one."""
{% if cookiecutter.auth == "jwt" %}
        scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
        self.spec.components.security_scheme("bearer", scheme)
{% endif %}
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
            self.spec.components.response(RESPONSES[code], answer, lazy=True)
        default = {"description": "Any other error"} | problem
        self.spec.components.response("Error", default, lazy=True)
