"""Headers of every answer, other origins, and proxies."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Blueprint, Flask, session
from flask.testing import FlaskClient

from app import create_app
from app.settings import load_settings

ORIGIN = "https://shop.example.com"
USERS = "/api/v1/users/"


def changed(app: Flask, **settings: Any) -> FlaskClient:
    """Return a client of the service with other settings."""
    url = app.config["DATABASE_URL"]
    settings = {"DATABASE_URL": url, **settings}
    return create_app(replace(load_settings(), **settings)).test_client()


@pytest.mark.parametrize("path", ["/", "/health/live", "/nothing", USERS, "/docs/"])
def test_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    for directive in ("frame-ancestors", "base-uri"):
        assert f"{directive} 'none'" in headers["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in headers


def test_answers_stay_out_of_caches(client: FlaskClient) -> None:
    for path in (USERS, f"{USERS}lookup?email=nobody@example.com"):
        assert client.get(path).headers["Cache-Control"] == "no-store"


def test_session_of_flask_is_there_for_who_uses_it() -> None:
    blueprint = Blueprint("visits", __name__)

    @blueprint.get("/visits")
    def visits() -> dict[str, int]:
        session["visits"] = session.get("visits", 0) + 1
        return {"visits": session["visits"]}

    client = create_app(load_settings(), routes=[blueprint]).test_client()
    assert client.get("/visits").json == {"visits": 1}
    assert client.get("/visits").json == {"visits": 2}
    answer = client.get("/health/live")
    assert "Set-Cookie" not in answer.headers
    assert "Vary" not in answer.headers


def test_other_hosts_are_refused_when_told(app: Flask) -> None:
    """Host header injection: links in answers and mails must not lead elsewhere."""
    evil = {"Host": "evil.example.org"}
    assert changed(app).get("/health/live", headers=evil).status_code == 200
    client = changed(app, TRUSTED_HOSTS=("api.example.com",))
    good = {"Host": "api.example.com"}
    assert client.get("/health/live", headers=good).status_code == 200
    answer = client.get("/health/live", headers=evil)
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"


def preflight(client: FlaskClient) -> Any:
    """Ask as a browser does what a page of another origin may do."""
    headers = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "if-match, content-type",
    }
    return client.options(USERS, headers=headers)


def test_other_origins_are_closed_out(client: FlaskClient) -> None:
    for answer in (preflight(client), client.get(USERS, headers={"Origin": ORIGIN})):
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_other_origins_can_be_let_in(app: Flask) -> None:
    client = changed(app, CORS_ORIGINS=(ORIGIN,))
    asked = preflight(client)
    assert asked.status_code == 200
    assert asked.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "if-match" in asked.headers["Access-Control-Allow-Headers"].lower()
    answer = client.get("/health/live", headers={"Origin": ORIGIN})
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    other = client.get("/health/live", headers={"Origin": "https://example.org"})
    assert "Access-Control-Allow-Origin" not in other.headers


@pytest.mark.parametrize("count", [0, 1])
def test_proxies_are_trusted_when_told(app: Flask, count: int) -> None:
    client = changed(app, TRUSTED_PROXIES=count)
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
    answer = client.get("/health/live", headers=headers)
    assert ("Strict-Transport-Security" in answer.headers) == bool(count)
    assert answer.request.remote_addr in {None, "127.0.0.1"}
