"""Logs to standard error: readable in development, JSON in production."""

import logging
import logging.config
import re
import time
from uuid import uuid4

from flask import Flask, Response, g, has_request_context, request

logger = logging.getLogger(__name__)

SANE_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)


def request_id() -> str | None:
    """Return the id of the present request, None outside one."""
    return g.get("request_id") if has_request_context() else None


class RequestIdFilter(logging.Filter):
    """Adds the request id to every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record and keep it."""
        record.request_id = request_id()
        return True


READABLE = "%(asctime)s %(levelname)-7s %(name)s [%(request_id)s] %(message)s"
JSON = "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s"


def configure(app: Flask) -> None:
    """Log to standard error, with a line for each request."""
    production = app.config["APP_ENV"] == "production"
    handler = {
        "class": "logging.StreamHandler",
        "filters": ["request_id"],
        "formatter": "json" if production else "readable",
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {"request_id": {"()": RequestIdFilter}},
            "formatters": {
                "readable": {"format": READABLE},
                "json": {"()": "pythonjsonlogger.json.JsonFormatter", "format": JSON},
            },
            "handlers": {"console": handler},
            "root": {"handlers": ["console"], "level": app.config["LOG_LEVEL"]},
            "loggers": {"alembic.runtime.plugins": {"level": "WARNING"}},
        }
    )
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if SANE_ID.fullmatch(given) else uuid4().hex
    g.started = time.perf_counter()


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    line = {
        "method": request.method,
        "path": request.path,
        "route": request.url_rule.rule if request.url_rule else None,
        "status": response.status_code,
        "milliseconds": round((time.perf_counter() - g.started) * 1000, 1),
    }
    text = "%(method)s %(path)s %(status)s %(milliseconds)s ms"
    logger.info(text, line, extra=line)
    return response
