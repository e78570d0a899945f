"""What holds for every table, on the database that the service runs on."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import inspect, select
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.core.data.base import Base
from app.core.data.session import db
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
    for mapper in Base.registry.mappers:
        columns = {
            c["name"]: c["type"] for c in found.get_columns(mapper.class_.__tablename__)
        }
        for name, hint in mapper.class_.__annotations__.items():
            if "Decimal" in str(hint):
                assert columns[name].scale == 2


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
    assert [process.wait(60) for process in both] == [0, 0]
    assert empty.test_client().get("/health/ready").status_code == 200


@pytest.mark.parametrize("run", [1, 2])
def test_every_test_is_rolled_back(client: FlaskClient, run: int) -> None:
    """Also one in which a statement failed."""
    url = "/api/v1/users/lookup?email=ada@example.com"
    assert client.get(url).status_code == 404
    assert create_user(client, email="ada@example.com").status_code == 201
    assert create_user(client, email="ada@example.com").status_code == 409
    assert create_user(client).status_code == 201
