"""Reads the body and the query of a request, and refuses what webargs lets through."""

import json
from functools import cache
from typing import Any

from flask import Request, abort
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy
from werkzeug.exceptions import BadRequest, HTTPException


class Parser(FlaskParser):
    """Refuses other media types, NaN, doubled names, unknown parameters and files."""

    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {
        "query": RAISE,
        "files": RAISE,
    }

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        """Return the parameters; a `List` may be given several times, others once."""
        several = MultiDictProxy(req.args, schema).multiple_keys
        for key, values in req.args.lists():
            if len(values) > 1 and key not in several:
                raise ValidationError({key: ["Is given more than once."]})
        return super().load_querystring(req, schema)

    def load_files(self, req: Request, schema: Schema) -> Any:
        """Return the files of a form, each as a `FileStorage`."""
        if req.mimetype != "multipart/form-data":
            abort(415, "The body must be a form, sent as multipart/form-data.")
        read_body(req)
        return super().load_files(req, schema)

    def _get_schema(self, argmap: Any, req: Request) -> Any:
        found = instance(argmap) if isinstance(argmap, type) else argmap
        return super()._get_schema(found, req)

    def _raw_load_json(self, req: Request) -> Any:
        if not req.is_json:
            abort(415, "The body must be JSON, sent as application/json.")
        body = read_body(req)
        try:
            # Python reads NaN and Infinity, which JSON does not have; int() fails.
            return json.loads(body, parse_constant=int, object_pairs_hook=unique)
        except (ValueError, RecursionError):
            abort(400, "The body is not valid JSON.")


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON: programs differ in which of two equal names counts."""
    found = dict(pairs)
    if len(found) < len(pairs):
        abort(400, "The body gives a name twice in one object.")
    return found


@cache
def instance(schema: type[Schema]) -> Schema:
    """Return the one instance of a schema that all requests share: it keeps nothing."""
    return schema()


def read_body(req: Request) -> bytes:
    """Return the body. Raises BadRequest, or RequestEntityTooLarge over the limit."""
    try:
        body = req.get_data()
    except HTTPException:
        raise
    except Exception as error:  # each server has its own for chunks that are none
        raise BadRequest("The body cannot be read.") from error
    # Chunked: a body without a length is cut at the limit, not refused.
    if req.content_length is None and len(body) == req.max_content_length:
        abort(413)
    return body
