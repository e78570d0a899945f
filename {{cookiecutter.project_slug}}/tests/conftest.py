"""Fixtures for every test: a client whose changes are rolled back after the test."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, request, request_finished
from flask.testing import FlaskClient, FlaskCliRunner
from flask_migrate import upgrade
from sqlalchemy import Column, Engine, ForeignKey, Table, event

from app import create_app
from app.core.data.base import Base, UtcDateTime
from app.core.data.session import db
from app.core.web.problems import PROBLEM_JSON
from app.settings import Settings, load_settings
from tests import sample_books
{% if cookiecutter.auth == "jwt" %}
from tests.clients import sign_in
{% endif %}
from tests.temporary_database import temporary_database

os.environ["APP_ENV"] = "testing"


@pytest.fixture(scope="session")
def app() -> Iterator[Flask]:
    """Return the service, on a database of its own that has every migration."""
    with on_temporary_database() as app:
        with app.app_context():
            upgrade()
        yield app


@request_finished.connect
def print_problem(_app: Flask, response: Response, **_: Any) -> None:
    """Print why a request was refused: pytest shows it where a test fails."""
    if response.mimetype == PROBLEM_JSON:
        print(request.method, request.path, response.get_data(as_text=True))


@contextmanager
def on_temporary_database(*routes: Blueprint) -> Iterator[Flask]:
    """Make the service on an empty database, with the settings of nobody's .env.

    It has all routes unless some are given.
    """
    with temporary_database() as url:
        secret = token_urlsafe(32)
        app = create_app(
            Settings(APP_ENV="testing", SECRET_KEY=secret, DATABASE_URL=url),
            routes or None,
        )
        with app.app_context():
            engine = db.engine
        yield app
        engine.dispose()


@pytest.fixture(autouse=True)
def _rollback(app: Flask) -> Iterator[None]:
    """Run a test inside a transaction that is rolled back, whatever the test commits.

    No application context stays open meanwhile: every request gets its own, as it does
    in production.
    """
    with app.app_context():
        engines = db.engines
        db.session.configure(join_transaction_mode="create_savepoint")
    engine = engines[None]
    with engine.connect() as connection, connection.begin() as transaction:
        engines[None] = connection
        yield
        engines[None] = engine
        transaction.rollback()


@pytest.fixture
def empty() -> Iterator[Flask]:
    """Return the service on an empty database of its own, where a commit is real."""
    with on_temporary_database() as app:
        yield app


@pytest.fixture(scope="session")
def book_service() -> Iterator[Flask]:
    """Return the service of `books`, made once."""
    with on_temporary_database(sample_books.blp) as app:
        with pytest.MonkeyPatch.context() as patch, app.app_context():
            add_sample_tables(patch)
            Base.metadata.create_all(db.engine)
        yield app


def add_sample_tables(patch: pytest.MonkeyPatch) -> None:
    """Let the models of books have tables."""
    tables = {**Base.metadata.tables, **sample_books.TABLES}
    patch.setattr(Base.metadata, "tables", tables)


@pytest.fixture
def books(book_service: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """Return a service of sample books and nothing else, where a commit is real.

    Afterwards its tables are emptied.
    """
    add_sample_tables(monkeypatch)
    yield book_service
    with book_service.app_context(), db.engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())


@pytest.fixture
def selects() -> Iterator[list[str]]:
    """Return the queries, as they are sent."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.extend([statement] if statement.startswith("SELECT") else [])

    event.listen(Engine, "before_cursor_execute", note)
    yield sent
    event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def measured(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """Return the service with metrics, which are all 0, on port 9000."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    from app.core import metrics

    monkeypatch.setattr(metrics, "place", tmp_path.name)
    from app.core.metrics import exporter

    url = app.config["DATABASE_URL"]
    measured = create_app(replace(load_settings(), DATABASE_URL=url))
    exporter.configure(measured, 9000)
    with measured.app_context():
        engine = db.engine
    yield measured
    engine.dispose()


@pytest.fixture
def extra_table() -> Iterator[Table]:
    """Return a table that refers to users and is in no migration yet."""
    columns = Column("at", UtcDateTime), Column("user_id", ForeignKey("users.id"))
    table = Table("extra_table_of_tests", Base.metadata, *columns)
    yield table
    Base.metadata.remove(table)


{% if cookiecutter.auth == "jwt" %}
@pytest.fixture
def make_client() -> Callable[[Flask], FlaskClient]:
    """Return what makes a client of a service, for requests of a superuser."""
    return lambda app: sign_in(app, is_superuser=True)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a client that sends requests of a superuser."""
    return sign_in(app, is_superuser=True)


@pytest.fixture
def user_client(app: Flask) -> FlaskClient:
    """Return a client that sends requests of another user, who is no superuser."""
    return sign_in(app)


@pytest.fixture
def anonymous(app: Flask) -> FlaskClient:
    """Return a client that is not signed in."""
    return app.test_client()
{% else %}
@pytest.fixture
def make_client() -> Callable[[Flask], FlaskClient]:
    """Return what makes a client of a service."""
    return Flask.test_client


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a client that sends requests to the service."""
    return app.test_client()
{% endif %}


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    """Return a runner for the commands of `./manage.py`."""
    return app.test_cli_runner()
