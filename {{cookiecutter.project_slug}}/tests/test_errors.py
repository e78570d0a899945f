"""Every error is a problem as in RFC 9457, and never more than that."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from sqlalchemy import make_url, text
from werkzeug.exceptions import TooManyRequests
from werkzeug.test import TestResponse

from app import create_app
from app.core.data import repository
from app.core.data.base import Base
from app.core.data.session import db
from app.settings import load_settings
from tests import sample_books

MISSING = "/api/v1/users/01890000-0000-7000-8000-000000000000"


def check(answer: TestResponse, status: int) -> dict[str, Any]:
    """Check that an answer is a problem with this status; return its content."""
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["title"]
    assert answer.json["detail"]
    assert answer.json["instance"] == answer.request.path
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    return answer.json


@pytest.mark.parametrize("path", ["/nothing", "/api/v1/nothing", MISSING])
def test_not_found(client: FlaskClient, path: str) -> None:
    check(client.get(path), 404)


def test_method_not_allowed(client: FlaskClient) -> None:
    answer = client.put("/api/v1/users/")
    check(answer, 405)
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b'{"a": NaN}', b"\xff", b"1" * 5000]
)
def test_not_json(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/api/v1/users/", data=body, content_type="application/json")
    check(answer, 400)


def test_name_that_is_given_twice(client: FlaskClient) -> None:
    """Who checks a body before us, a proxy say, may have read the other value."""
    body = '{"email": "ada@example.com", "name": "Ada", "n\\u0061me": "Eve"}'
    answer = client.post("/api/v1/users/", data=body, content_type="application/json")
    assert "twice" in check(answer, 400)["detail"]


def test_other_media_type(client: FlaskClient) -> None:
    check(client.post("/api/v1/users/", data={"name": "Ada"}), 415)


def test_other_media_type_wanted(client: FlaskClient) -> None:
    check(client.get("/api/v1/users/", headers={"Accept": "text/csv"}), 406)
    browser = {"Accept": "text/html, */*;q=0.8"}
    assert client.get("/api/v1/users/", headers=browser).status_code == 200


@pytest.mark.parametrize("megabytes", [1, 30])
def test_too_large(client: FlaskClient, megabytes: int) -> None:
    body = {"name": "x" * megabytes * 2**20}
    check(client.post("/api/v1/users/", json=body), 413)


@pytest.mark.parametrize("body", [None, [], "text", 1])
def test_wrong_shape(client: FlaskClient, body: Any) -> None:
    answer = client.post(
        "/api/v1/users/", data=json.dumps(body), content_type="application/json"
    )
    check(answer, 422)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("unknown=1", "unknown"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("sort=version", "sort"),
        ("cursor=", "cursor"),
        ("cursor=x", "cursor"),
        ("limit=1&limit=2", "limit"),
        ("cursor=é", "cursor"),
    ],
)
def test_refused_parameters(client: FlaskClient, query: str, field: str) -> None:
    problem = check(client.get(f"/api/v1/users/?{query}"), 422)
    assert [error["location"] for error in problem["errors"]] == ["query"]
    assert [error["field"] for error in problem["errors"]] == [field]


def test_errors_are_bounded(client: FlaskClient) -> None:
    """However many fields are wrong, the answer stays small."""
    body = {f"field{number}": 1 for number in range(20_000)}
    problem = check(client.post("/api/v1/users/", json=body), 422)
    assert len(problem["errors"]) == 100


def test_retry_after_is_kept(app: Flask) -> None:
    blueprint = Blueprint("busy", __name__)

    @blueprint.get("/busy")
    def busy() -> None:
        raise TooManyRequests(retry_after=5)

    client = create_app(load_settings(), routes=[blueprint]).test_client()
    answer = client.get("/busy")
    check(answer, 429)
    assert answer.headers["Retry-After"] == "5"


def test_crash_shows_nothing(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    blueprint = Blueprint("crash", __name__)

    @blueprint.get("/crash")
    def crash() -> None:
        raise RuntimeError("a secret")

    client = create_app(load_settings(), routes=[blueprint]).test_client()
    with caplog.at_level("ERROR"):
        problem = check(client.get("/crash"), 500)
    assert "a secret" not in str(problem)


def test_database_that_is_away(app: Flask) -> None:
    """That is no fault of ours and passes, so the answer is 503 and not 500."""
    url = make_url(app.config["DATABASE_URL"])
    nowhere = {"host": "127.0.0.1", "port": 1} if url.host else {"database": "/no/db"}
    away = url.set(**nowhere).render_as_string(hide_password=False)
    settings = replace(load_settings(), DATABASE_URL=away)
    answer = create_app(settings).test_client().get("/health/ready")
    check(answer, 503)
    assert answer.headers["Retry-After"] == "1"


@pytest.fixture(
    params=[
        "DROP TABLE sample_book_tags",
        "ALTER TABLE sample_books RENAME COLUMN title TO old",
    ]
)
def behind(books: Flask, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """Return a service with a table that is behind its model; make it good again."""
    with books.app_context():
        repository.save(sample_books.SampleBook(), {"title": "A"})
        db.session.execute(text(request.param))
        db.session.commit()
    yield books
    with books.app_context():
        Base.metadata.drop_all(db.engine)
        Base.metadata.create_all(db.engine)


def test_model_ahead_of_its_table(
    behind: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In development, the answer says what to run; elsewhere it says nothing."""
    client, url = behind.test_client(), "/api/v1/sample-books/"
    assert "upgrade" not in check(client.get(url), 500)["detail"]
    monkeypatch.setitem(behind.config, "APP_ENV", "development")
    assert "./manage.py db upgrade" in check(client.get(url), 500)["detail"]
