"""Logging: a line for each request, readable in development, JSON in production."""

import logging
import re
import time
from urllib.parse import quote
from uuid import uuid4

from flask import Flask, Response, g, has_request_context, request
from pythonjsonlogger.json import JsonFormatter

logger = logging.getLogger(__name__)

TIMES = "%Y-%m-%dT%H:%M:%S+00:00"  # RFC 3339, in UTC
FORMAT = "%(asctime)s %(levelname)-7s %(name)s [%(request_id)s] %(message)s"


def request_id() -> str | None:
    """Return the id of the present request, None outside one."""
    return g.get("request_id") if has_request_context() else None


def add_request_id(record: logging.LogRecord) -> bool:
    """Add the request id to a record, and keep the record."""
    record.request_id = request_id()
    return True


def configure(app: Flask) -> None:
    """Log to standard error, with a line for each request."""
    production = app.config["APP_ENV"] == "production"
    handler = logging.StreamHandler()
    handler.addFilter(add_request_id)
    # The JSON formatter takes the names of its fields from the format.
    formatter = (JsonFormatter if production else logging.Formatter)(FORMAT, TIMES)
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    level = app.config["LOG_LEVEL"].upper()
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel("WARNING")
    # The development server has a line of its own for each request.
    werkzeug = logging.getLogger("werkzeug")
    werkzeug.addFilter(lambda record: '"%s" %s %s' not in str(record.msg))
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    well_formed = re.fullmatch(r"[\w.:-]{1,64}", given, re.ASCII)
    g.request_id = given if well_formed else uuid4().hex
    g.started = time.perf_counter()
    g.log_fields = {}  # what others add to the line of this request


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    line = {
        "method": request.method,
        # Log injection: a line break in the path would look like another line.
        "path": quote(request.path),
        "route": request.url_rule.rule if request.url_rule else None,
        "status": response.status_code,
        "milliseconds": round((time.perf_counter() - g.started) * 1000, 1),
        "address": request.remote_addr,
    } | g.log_fields
    text = "%(method)s %(path)s %(status)s %(milliseconds)s ms"
    logger.info(text, line, extra=line)
    return response
