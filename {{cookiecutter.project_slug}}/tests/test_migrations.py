"""The migrations lead to what the models say, and back."""

from pathlib import Path
from shutil import copytree

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, migrate, upgrade
from sqlalchemy import String, Table, inspect, select

from app.core.data.base import Base, utc_now
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


def test_changed_models_are_migrated(
    empty: Flask, extra_table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows stay, also where SQLite makes a table anew that others refer to."""
    folder = copytree(ROOT / "migrations", tmp_path / "migrations")
    users, now = Base.metadata.tables["users"], utc_now()
    ada = {"email": "ada@example.com", "name": "Ada", "version": 1}
    with empty.app_context():
        upgrade(folder)
        migrate(folder, "a new table")
        upgrade(folder)
        (user_id,) = db.session.execute(users.insert().values(ada)).inserted_primary_key
        db.session.execute(extra_table.insert().values(at=now, user_id=user_id))
        db.session.commit()
        monkeypatch.setattr(users.c.name, "type", String(120))
        migrate(folder, "a changed column")
        upgrade(folder)
        texts = [path.read_text() for path in folder.glob("versions/*.py")]
        migrate(folder, "nothing")
        assert db.session.execute(select(extra_table)).all() == [(now, user_id)]
    assert len(texts) == len(list(folder.glob("versions/*.py")))
    assert not any("app." in text for text in texts)


def test_not_ready_before_upgrade(empty: Flask) -> None:
    assert empty.test_client().get("/health/ready").status_code == 503
