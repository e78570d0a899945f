"""Fixtures for every test: a client whose changes are rolled back after the test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from flask_migrate import upgrade

from app import create_app
from app.core.database import db
from app.settings import Settings, load_settings


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Return the service, on a database of its own that has every migration."""
    path: Path = tmp_path_factory.mktemp("database") / "test.sqlite3"
    os.environ["APP_ENV"] = "testing"
    url = load_settings().DATABASE_URL  # TEST_DATABASE_URL, also from .env
    if url == "sqlite://":
        url = f"sqlite:///{path}"
    # What else a developer has in .env must not decide a test.
    settings = Settings(APP_ENV="testing", SECRET_KEY="x" * 32, DATABASE_URL=url)
    app = create_app(settings)
    with app.app_context():
        upgrade()
    return app


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
def empty(tmp_path: Path) -> Iterator[Flask]:
    """Return the service on an empty database of its own, where a commit is real."""
    url = f"sqlite:///{tmp_path}/empty.sqlite3"
    app = create_app(Settings(SECRET_KEY="x" * 32, DATABASE_URL=url))
    with app.app_context():
        engine = db.engine
    yield app
    engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a client that sends requests to the service."""
    return app.test_client()


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    """Return a runner for the commands of `./manage.py`."""
    return app.test_cli_runner()
