"""Answers and bodies that are not JSON, where an operation says so, with sample books."""

from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from app.core.data.session import db, transaction
from tests.sample_books import SampleBook

BOOKS = "/api/v1/sample-books/"
CSV = {"Accept": "text/csv"}


def store(books: Flask, count: int) -> None:
    """Store some books."""
    with books.app_context(), transaction():
        db.session.add_all(SampleBook(title=f"{number:04}") for number in range(count))


def connections(books: Flask) -> int:
    """Return how many connections to the database are in use."""
    with books.app_context():
        pool: Any = db.engine.pool
        return int(pool.checkedout())


def test_an_answer_in_the_type_that_is_wanted(books: Flask) -> None:
    store(books, 2)
    client = books.test_client()
    answer = client.get(BOOKS, headers=CSV)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert answer.text == "title\r\n0000\r\n0001\r\n"
    assert client.get(BOOKS).mimetype == "application/json"
    html = client.get(BOOKS, headers={"Accept": "text/html"})
    assert html.status_code == 406
    assert "application/json or text/csv" in html.json["detail"]


def test_a_stream_that_is_broken_off_leaves_no_connection(books: Flask) -> None:
    store(books, 1000)
    answer = books.test_client().get(BOOKS, headers=CSV)
    assert next(answer.iter_encoded()) == b"title\r\n"
    assert next(answer.iter_encoded()) == b"0000\r\n"
    assert connections(books) == 1
    answer.close()
    assert connections(books) == 0
    assert len(books.test_client().get(BOOKS, headers=CSV).text.split()) == 1001
    assert connections(books) == 0


def test_upload_and_download(books: Flask) -> None:
    client, url = books.test_client(), f"{BOOKS}{uuid4()}/cover"
    picture = b"\x89PNG\r\n\x1a\n\0\xff"
    sent = client.put(url, data={"cover": (BytesIO(picture), "cover.png")})
    assert (sent.status_code, sent.data) == (204, b"")
    got = client.get(url, headers={"Accept": "image/*"})
    assert (got.mimetype, got.data) == ("image/png", picture)
    assert client.get(url, headers={"Accept": "application/json"}).status_code == 406


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"json": {"cover": "text"}}, 415),
        ({"data": {"cover": "text"}}, 415),
        ({"data": b""}, 415),
        ({"data": {"other": (BytesIO(b"x"), "x")}}, 422),
        ({"data": {"cover": (BytesIO(b"x"), "x"), "other": (BytesIO(b"x"), "x")}}, 422),
        ({"data": b"x" * 2**21, "content_type": "multipart/form-data"}, 413),
        ({"data": b"--x", "content_type": "multipart/form-data; boundary=x"}, 422),
        ({"data": b"--x", "content_type": "multipart/form-data"}, 422),
    ],
)
def test_refused_uploads(books: Flask, body: dict[str, Any], status: int) -> None:
    answer = books.test_client().put(f"{BOOKS}{uuid4()}/cover", **body)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    if status == 422:
        assert {error["location"] for error in answer.json["errors"]} == {"files"}


def test_the_document_has_the_types(books: Flask) -> None:
    paths = books.test_client().get("/openapi.json").json["paths"]
    listed = paths[BOOKS]["get"]["responses"]["200"]["content"]
    assert listed.keys() == {"application/json", "text/csv"}
    cover = paths[BOOKS + "{book_id}/cover"]
    assert cover["get"]["responses"]["200"]["content"].keys() == {"image/png"}
    body = cover["put"]["requestBody"]["content"]
    assert body.keys() == {"multipart/form-data"}
    assert "415" in cover["put"]["responses"]
