"""What holds for every table, on the database that the service runs on."""

import os
{% if cookiecutter.database == "sqlite" %}
import sqlite3
{% endif %}
import subprocess
import sys
import time
from collections.abc import Iterator
{% if cookiecutter.database == "sqlite" %}
from contextlib import closing
{% endif %}
from datetime import UTC, datetime, timedelta, timezone
{% if cookiecutter.database == "sqlite" %}
from pathlib import Path
{% endif %}
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
{% if cookiecutter.database == "sqlite" %}
from sqlalchemy import Table, inspect, select
{% elif cookiecutter.database == "postgresql" %}
from sqlalchemy import Table, func, inspect, select, text
{% else %}
from sqlalchemy import Table, inspect, select, text
{% endif %}
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

{% if cookiecutter.database == "sqlite" %}
from app.core.data import dialect
{% else %}
from app.core.data import dialect, idle_connections
{% endif %}
from app.core.data.base import Base
from app.core.data.session import db, transaction
{% if cookiecutter.layout == "domain" %}
from app.settings import ROOT
from app.users.models import User
{% else %}
from app.models.user import User
from app.settings import ROOT
{% endif %}
from tests.users.factory import create_user


def test_every_constraint_has_a_name(app: Flask) -> None:
    with app.app_context():
        found = inspect(db.engine)
    for table in Base.metadata.tables:
        constraints = [
            *found.get_unique_constraints(table),
            *found.get_foreign_keys(table),
            *found.get_check_constraints(table),
        ]
        assert all(constraint["name"] for constraint in constraints)


def test_every_amount_is_exact(app: Flask) -> None:
    with app.app_context():
        found = inspect(db.engine)
    for table in Base.metadata.sorted_tables:
        columns = {c["name"]: c["type"] for c in found.get_columns(table.name)}
        for column in table.columns:
            if getattr(column.type, "asdecimal", False):
                assert columns[column.name].scale == 2


@pytest.fixture
def _far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the clock of the machine show another time than UTC, where that can be."""
    set_zone = getattr(time, "tzset", lambda: None)
    monkeypatch.setenv("TZ", "XXX-9")
    set_zone()
    yield
    monkeypatch.undo()
    set_zone()


@pytest.mark.usefixtures("_far_away")
def test_times_come_back_equal(app: Flask, client: FlaskClient) -> None:
    create_user(client)
    moment = datetime(2026, 2, 28, 23, 59, 59, 999999, timezone(timedelta(hours=-5)))
    with app.app_context():
        user = db.session.scalars(select(User)).all()[-1]
        user.updated_at = moment
        db.session.commit()
        db.session.expire_all()
        assert user.updated_at == moment
        assert user.updated_at.tzinfo == UTC


def test_time_without_timezone_is_refused(app: Flask, client: FlaskClient) -> None:
    create_user(client)
    with app.app_context():
        user = db.session.scalars(select(User)).all()[-1]
        user.updated_at = datetime(2026, 2, 28)
        with pytest.raises(StatementError, match="timezone"):
            db.session.commit()


def test_reference_to_nothing_is_told_from_other_errors(
    empty: Flask, extra_table: Table
) -> None:
    """One that comes past the repository is a conflict, too, and no fault of ours."""
    with empty.app_context():
        upgrade()
        extra_table.create(db.engine)
        with pytest.raises(IntegrityError) as caught:
            db.session.execute(extra_table.insert().values(user_id=uuid4()))
    assert dialect.is_broken_reference(caught.value)
    assert not dialect.is_unavailable(caught.value)
    assert dialect.taken_columns(caught.value) == []


def test_of_two_sessions_one_wins(empty: Flask) -> None:
    """Both have read the row before one of them writes: no lock keeps them apart."""
    with empty.app_context():
        upgrade()
        engine = db.engine
        db.session.add(User(email="ada@example.com", name="Ada"))
        db.session.commit()
    user = select(User)
    with Session(engine, expire_on_commit=False) as late, Session(engine) as early:
        old = late.scalars(user).one()
        late.commit()
        early.scalars(user).one().name = "First"
        early.commit()
        old.name = "Second"
        with pytest.raises(StaleDataError):
            late.commit()


def test_two_migrate_at_once(empty: Flask) -> None:
    url = empty.config["DATABASE_URL"]
    environment = os.environ | {"APP_ENV": "testing", "TEST_DATABASE_URL": url}
    command = [sys.executable, "manage.py", "db", "upgrade"]
    both = [subprocess.Popen(command, cwd=ROOT, env=environment) for _ in range(2)]
    assert [process.wait(120) for process in both] == [0, 0]
    assert empty.test_client().get("/health/ready").status_code == 200


{% if cookiecutter.database == "sqlite" %}
def test_file_that_another_process_reads_is_opened(tmp_path: Path) -> None:
    """It cannot be switched to WAL meanwhile, but by the next connection."""
    other, ours = (sqlite3.connect(tmp_path / "new", timeout=0) for _ in range(2))
    with closing(other), closing(ours):
        other.execute("CREATE TABLE rows (id)")
        other.execute("BEGIN")
        other.execute("SELECT id FROM rows").fetchone()
        dialect._connect(ours, None)
        other.rollback()
        dialect._connect(ours, None)
        assert ours.execute("PRAGMA journal_mode").fetchone() == ("wal",)


{% endif %}
def test_what_a_get_changes_is_a_transaction(empty: Flask) -> None:
    """What it only reads is in none, see `Session`; afterwards it sees its own changes."""
    with empty.app_context():
        upgrade()
    users = select(User)
    with empty.test_request_context():
        assert db.session.scalars(users).all() == []
        db.session.add(User(email="ada@example.com", name="Ada"))
        db.session.flush()
        assert len(db.session.scalars(users).all()) == 1
        db.session.rollback()
        assert db.session.scalars(users).all() == []


def test_a_request_needs_one_connection(empty: Flask) -> None:
    with empty.app_context():
        upgrade()
    with empty.test_request_context():
        db.session.scalars(select(User)).all()
        with transaction():
            db.session.scalars(select(User).with_for_update()).all()
            pool: Any = db.engine.pool
            assert pool.checkedout() == 1


{% if cookiecutter.database != "sqlite" %}
def test_connection_that_was_closed_while_idle(
    empty: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle_connections, "SECONDS", -1)
    with empty.app_context(), db.engine.connect() as other:
{% if cookiecutter.database == "postgresql" %}
        number = db.session.scalar(text("SELECT pg_backend_pid()"))
        end = text(f"SELECT pg_terminate_backend({number}, 5000)")
{% else %}
        number = db.session.scalar(text("SELECT CONNECTION_ID()"))
        end = text(f"KILL {number}")
{% endif %}
        db.session.remove()
        other.execute(end)
        assert db.session.scalar(text("SELECT 1")) == 1


{% endif %}
{% if cookiecutter.database == "postgresql" %}
@pytest.mark.parametrize(
    ("method", "state"), [("GET", "idle"), ("POST", "idle in transaction")]
)
def test_reading_needs_no_transaction(empty: Flask, method: str, state: str) -> None:
    activity = "SELECT state FROM pg_stat_activity WHERE pid = :pid"
    with empty.test_request_context(method=method):
        pid = db.session.scalar(select(func.pg_backend_pid()))
        with db.engine.connect() as other:
            assert other.scalar(text(activity), {"pid": pid}) == state


{% endif %}
@pytest.mark.parametrize("run", [1, 2])
def test_every_test_is_rolled_back(client: FlaskClient, run: int) -> None:
    """Also one in which a statement failed."""
    url = "/api/v1/users/lookup?email=ada@example.com"
    assert client.get(url).status_code == 404
    assert create_user(client, email="ada@example.com").status_code == 201
    assert create_user(client, email="ada@example.com").status_code == 409
    assert create_user(client).status_code == 201
