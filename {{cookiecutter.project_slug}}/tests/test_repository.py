"""What every resource gets from the repository and from lists, with sample books."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.data import repository
from app.core.data.session import db, transaction
from app.core.errors import Invalid
from tests.sample_books import SampleAuthor, SampleBook, SampleTag

BOOKS = "/api/v1/sample-books/"


def store(books: Flask, *titles: str) -> None:
    """Store a book for each title, with an author and two tags of its own."""
    with books.app_context(), transaction():
        for title in titles:
            author = repository.save(SampleAuthor(), {"name": f"by {title}"})
            tags = [repository.save(SampleTag(), {"name": title + n}) for n in "12"]
            values = {"title": title, "author_id": author.id, "tags": tags}
            repository.save(SampleBook(), values)


def titles_of(page: Any) -> list[str]:
    """Return the titles of the books on a page."""
    return [book["title"] for book in page.json["items"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["A", "B", "C"]),
        ("title=B", ["B"]),
        ("title=A&title=C", ["A", "C"]),
        ("title=A&title=none", ["A"]),
    ],
)
def test_a_list_in_a_query_is_any_of_these(
    books: Flask, query: str, found: list[str]
) -> None:
    store(books, "A", "B", "C")
    page = books.test_client().get(f"{BOOKS}?sort=title&{query}")
    assert titles_of(page) == found


def test_a_list_with_commas_is_any_of_these(books: Flask) -> None:
    store(books, "A", "B", "C")
    client = books.test_client()
    rows = client.get(f"{BOOKS}?sort=title").json["items"]
    authors = [row["author"]["id"] for row in rows]
    query = f"?sort=title&author_id={authors[0]},{authors[2]}"
    assert titles_of(client.get(BOOKS + query)) == ["A", "C"]
    twice = client.get(f"{BOOKS}?author_id={authors[0]}&author_id={authors[2]}")
    assert twice.status_code == 422
    assert titles_of(client.get(f"{BOOKS}?author_id=")) == []


def test_the_document_says_how_a_list_is_written(books: Flask) -> None:
    paths = books.test_client().get("/openapi.json").json["paths"]
    parameters = {p["name"]: p for p in paths[BOOKS]["get"]["parameters"]}
    assert parameters["title"]["explode"] is True
    assert parameters["author_id"]["explode"] is False


def test_pages_of_any_of_these_are_complete(books: Flask) -> None:
    store(books, "A", "B", "C")
    client, query = books.test_client(), "?sort=title&limit=1&title=A&title=C"
    first = client.get(BOOKS + query)
    second = client.get(f"{BOOKS}{query}&cursor={first.json['next_cursor']}")
    assert titles_of(first) + titles_of(second) == ["A", "C"]
    assert second.json["next_cursor"] is None


def test_related_rows_are_one_query_each(books: Flask, selects: list[str]) -> None:
    store(books, "A", "B", "C")
    selects.clear()
    page = books.test_client().get(f"{BOOKS}?sort=title")
    assert [book["author"]["name"] for book in page.json["items"]][:1] == ["by A"]
    assert [len(book["tags"]) for book in page.json["items"]] == [2, 2, 2]
    assert len(selects) == 3
    url = BOOKS + page.json["items"][0]["id"]
    assert books.test_client().get(url).json == page.json["items"][0]
    assert len(selects) == 6


def test_change_of_a_relation_is_one_of_the_row(books: Flask) -> None:
    store(books, "A", "B")
    client = books.test_client()
    book = client.get(f"{BOOKS}?title=A").json["items"][0]
    read = client.get(BOOKS + book["id"])
    headers = {"If-Match": read.headers["ETag"]}
    changed = client.patch(read.request.path, json={"tags": ["B1"]}, headers=headers)
    assert [tag["name"] for tag in changed.json["tags"]] == ["B1"]
    assert changed.json["version"] == book["version"] + 1
    assert changed.json["updated_at"] > book["updated_at"]
    again = client.patch(read.request.path, json={"tags": ["A1"]}, headers=headers)
    assert again.status_code == 412
    headers = {"If-Match": changed.headers["ETag"]}
    same = client.patch(read.request.path, json={"tags": ["B1"]}, headers=headers)
    assert same.json == changed.json


def test_of_many_writers_of_a_relation_one_wins(books: Flask) -> None:
    store(books, *"BCDEFGHI")
    with books.app_context():
        url = f"{BOOKS}{repository.save(SampleBook(), {'title': 'A'}).id}"
    headers = {"If-Match": books.test_client().get(url).headers["ETag"]}

    def write(name: str) -> tuple[int, Any]:
        body = {"tags": [f"{name}1", f"{name}2"]}
        answer = books.test_client().patch(url, json=body, headers=headers)
        return answer.status_code, answer.json

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(write, "BCDEFGHI"), key=lambda answer: answer[0])
    assert [status for status, _ in answers] == [200] + [412] * 7
    assert books.test_client().get(url).json == answers[0][1]


def test_another_foreign_key_answers_with_the_other_row(books: Flask) -> None:
    store(books, "A", "B")
    client = books.test_client()
    rows = client.get(f"{BOOKS}?sort=title").json["items"]
    url, author = BOOKS + rows[0]["id"], rows[1]["author"]
    headers = {"If-Match": client.get(url).headers["ETag"]}
    body = {"author_id": author["id"]}
    changed = client.patch(url, json=body, headers=headers)
    assert changed.json["author"] == author
    assert changed.json == client.get(url).json


def test_a_deleted_row_is_not_put_into_a_relation(books: Flask) -> None:
    """Also one that was read before: it is locked, and looked for again."""
    store(books, "A")
    with books.app_context():
        book = repository.get(SampleBook)
        tag = repository.save(SampleTag(), {"name": "B"})
        repository.delete(tag)
        with pytest.raises(Invalid) as refused:
            repository.save(book, {"tags": [tag]})
    assert (str(refused.value), refused.value.field) == (
        "There is no such SampleTag.",
        "tags",
    )


def test_jobs_run_after_the_outermost_commit(books: Flask) -> None:
    ran: list[str] = []

    def job(name: str) -> None:
        with db.engine.connect() as other:  # sees what is committed
            committed = other.scalar(sa.select(sa.func.count(SampleAuthor.id)))
        ran.append(f"{name} {committed}")

    with books.app_context():
        with transaction():
            repository.save(SampleAuthor(), {"name": "Ada"})
            repository.after_commit(job, "first")
            with transaction():
                repository.after_commit(job, "second")
            assert ran == []
        assert ran == ["first 1", "second 1"]
        repository.after_commit(job, "outside")  # there is nothing to wait for
    assert ran[2:] == ["outside 1"]


def test_no_job_runs_after_a_rollback(books: Flask) -> None:
    ran: list[str] = []

    def fail() -> None:
        with transaction():
            repository.after_commit(ran.append, "rolled back")
            raise ZeroDivisionError

    with books.app_context():
        with pytest.raises(ZeroDivisionError):
            fail()
        with transaction():
            repository.after_commit(ran.append, "committed")
    assert ran == ["committed"]


def test_a_job_that_fails_is_logged_and_fails_nothing(
    books: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        db.session.execute(sa.text("SELECT * FROM nowhere"))

    ran: list[str] = []
    with books.app_context():
        with transaction():
            ada = repository.save(SampleAuthor(), {"name": "Ada"})
            repository.after_commit(broken)
            repository.after_commit(ran.append, "the next one")
        assert ada.name == "Ada"
        assert db.session.scalar(sa.select(SampleAuthor.name)) == "Ada"
    assert ran == ["the next one"]
    assert "A job after a commit failed." in caplog.text
