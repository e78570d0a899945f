"""The migrations lead to what the models say, and back."""

from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect

from app.core.data.session import db
from app.settings import ROOT


def test_one_head() -> None:
    assert len(ScriptDirectory(ROOT / "migrations").get_heads()) == 1


def test_up_down_and_up_again(empty: Flask) -> None:
    with empty.app_context():
        upgrade()
        tables = set(inspect(db.engine).get_table_names())
        downgrade(revision="base")
        assert inspect(db.engine).get_table_names() == ["alembic_version"]
        upgrade()
        assert set(inspect(db.engine).get_table_names()) == tables


def test_not_ready_before_upgrade(empty: Flask) -> None:
    assert empty.test_client().get("/health/ready").status_code == 503
