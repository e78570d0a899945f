"""What is logged: a line for each request, and a traceback only for a surprise."""

import json
import logging
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe

import pytest
from flask import Blueprint, Flask
from flask_migrate import upgrade

from app import create_app
from app.settings import EXAMPLE_URL, Settings

LOGGER = "app.core.web.request_log"


def crash() -> Flask:
    """Return a service in production with one endpoint, which crashes."""
    blueprint = Blueprint("crash", __name__, url_prefix="/api/v1/crash")

    @blueprint.get("/<number>")
    def crash(number: str) -> None:
        raise RuntimeError("a surprise")

    secret = token_urlsafe(32)
    settings = Settings(
        APP_ENV="production", SECRET_KEY=secret, DATABASE_URL=EXAMPLE_URL
    )
    return create_app(settings, routes=[blueprint])


def test_json_in_production(capsys: pytest.CaptureFixture[str]) -> None:
    client = crash().test_client()
    client.get("/api/v1/crash/1", headers={"X-Request-ID": "abc"})
    error, line = map(json.loads, capsys.readouterr().err.splitlines())
    assert error["request_id"] == line["request_id"] == "abc"
    assert "RuntimeError: a surprise" in error["exc_info"]
    assert line["levelname"] == "INFO"
    assert line["name"] == LOGGER
    assert (line["method"], line["status"]) == ("GET", 500)
    assert line["route"] == "/api/v1/crash/<number>"
    assert line["milliseconds"] >= 0
    moment = datetime.fromisoformat(line["asctime"])
    assert moment.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)


def test_no_traceback_for_a_handled_error(capsys: pytest.CaptureFixture[str]) -> None:
    crash().test_client().get("/nothing")
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["status"] == 404
    assert "exc_info" not in json.loads(line)


def test_migrations_leave_loggers_on(empty: Flask) -> None:
    logger = logging.getLogger("app.anything")
    with empty.app_context():
        upgrade()
    assert not logger.disabled
    assert logger.getEffectiveLevel() == logging.INFO
