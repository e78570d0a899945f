"""Temporary databases for tests: never the one of the service."""

from collections.abc import Iterator
from contextlib import contextmanager
{% if cookiecutter.database == "sqlite" %}
from tempfile import TemporaryDirectory


@contextmanager
def temporary_database() -> Iterator[str]:
    """Yield the URL of an empty database, which is dropped at the end."""
    with TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/test.sqlite3"
{% else %}
from functools import cache
from uuid import uuid4

from sqlalchemy import Engine, make_url

from app import create_app
from app.core.data.session import db
from app.settings import load_settings


@contextmanager
def temporary_database() -> Iterator[str]:
    """Yield the URL of an empty database, which is dropped at the end.

    It is made on the server of TEST_DATABASE_URL, under a name of its own.
    """
    name = f"test_{uuid4().hex[:12]}"
    url = make_url(load_settings().DATABASE_URL).set(database=name)
    with server().connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        with server().connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name}{{ " WITH (FORCE)" if cookiecutter.database == "postgresql" }}")
        server().dispose()


@cache
def server() -> Engine:
    """Return the engine for the server of TEST_DATABASE_URL."""
    with create_app(load_settings()).app_context():
        return db.engine.execution_options(isolation_level="AUTOCOMMIT")
{% endif %}
