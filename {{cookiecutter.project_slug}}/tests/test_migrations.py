"""The migrations lead to what the models say, and back."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import check, downgrade, migrate, upgrade
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Enum,
    Integer,
    Numeric,
    String,
    Table,
    Text,
    inspect,
    select,
)

from app.core.data.base import Base, UtcDateTime, utc_now
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


def test_each_migration_runs_on_rows(
    empty: Flask, make_client: Callable[[Flask], FlaskClient]
) -> None:
    """Down, up and down again, from the newest to the first, with what factories make."""
    with empty.app_context():
        upgrade()
    client = make_client(empty)
    for path in sorted(ROOT.glob("tests/*/factory.py")):
        factory = import_module(f"tests.{path.parent.name}.factory")
        for name, create in vars(factory).items():
            if name.startswith("create_"):
                assert create(client).status_code == 201
    with empty.app_context():
        for script in ScriptDirectory(ROOT / "migrations").walk_revisions():
            if isinstance(script.down_revision, str):  # not the first, not a merge
                downgrade(revision=script.down_revision)
                upgrade(revision=script.revision)
                downgrade(revision=script.down_revision)
        upgrade()
        assert db.session.scalars(select(Base.metadata.tables["users"].c.id)).all()


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


class Kind(StrEnum):
    """A kind of row."""

    SMALL = "small"
    LARGE = "large"


KIND = Enum(
    Kind,
    native_enum=False,
    create_constraint=True,
    length=50,
    values_callable=lambda kinds: [kind.value for kind in kinds],
)


@pytest.fixture
def history(empty: Flask, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Return what migrates a table to other columns, down, and up again.

    It returns the text of the migration that was written.
    """
    folder = copytree(ROOT / "migrations", tmp_path / "migrations")

    def change(*columns: Column[Any]) -> str:
        if "history" in Base.metadata.tables:
            Base.metadata.remove(Base.metadata.tables["history"])
        before = set(folder.glob("versions/*.py"))
        key = Column("id", Integer, primary_key=True, autoincrement=False)
        Table("history", Base.metadata, key, *columns)
        migrate(folder, "a change")
        upgrade(folder)
        if len(before) > 1:
            downgrade(folder)
            upgrade(folder)
        check(folder)
        (path,) = set(folder.glob("versions/*.py")) - before
        return path.read_text()

    with empty.app_context():
        upgrade(folder)
        yield change
        db.session.remove()
    Base.metadata.remove(Base.metadata.tables["history"])


def rows() -> list[dict[str, Any]]:
    """Return the rows of the table, without their keys."""
    table = Base.metadata.tables["history"]
    columns = [column for column in table.columns if not column.primary_key]
    found = [dict(row) for row in db.session.execute(select(*columns)).mappings()]
    db.session.commit()
    return found


def store(**values: Any) -> None:
    """Store two rows."""
    table = Base.metadata.tables["history"]
    both = [{"id": number, **values} for number in (1, 2)]
    db.session.execute(table.insert(), both)
    db.session.commit()


def test_another_name_keeps_the_values(
    history: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    history(Column("title", String(40), nullable=False, index=True))
    store(title="A")
    text = history(Column("name", String(40), nullable=False, index=True))
    assert rows() == [{"name": "A"}] * 2
    assert 'new_column_name="name"' in text
    assert "title goes and name comes" in capsys.readouterr().out


def test_which_has_another_name_is_asked(
    history: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    history(Column("a", String(40)), Column("b", String(40)))
    history(Column("c", String(40)))
    assert "history: a, b go and c come" in capsys.readouterr().out


def test_another_name_of_an_enum(history: Callable[..., str]) -> None:
    history(Column("kind", KIND, nullable=False))
    store(kind=Kind.LARGE)
    history(Column("sort", KIND, nullable=False))
    assert rows() == [{"sort": Kind.LARGE}] * 2


def test_columns_are_filled_with_their_default(history: Callable[..., str]) -> None:
    """Also when they become NOT NULL, and when a migration is undone."""
    now = datetime(2026, 2, 28, 12, 30, tzinfo=UTC)
    history(Column("name", String(40)))
    store()
    history(
        Column("name", String(40), nullable=False, default="it's 5% :b"),
        Column("pages", Integer, nullable=False, default=7),
        Column("is_new", Boolean, nullable=False, default=True),
        Column("price", Numeric(12, 2), nullable=False, default=Decimal("1.50")),
        Column("read_at", UtcDateTime, nullable=False, default=lambda: now),
        Column("kind", KIND, nullable=False, default=Kind.LARGE),
        Column("notes", Text, nullable=False, default=""),
        Column("more", JSON, nullable=False, default=dict),
    )
    filled = {"name": "it's 5% :b", "pages": 7, "is_new": True, "notes": "", "more": {}}
    filled |= {"price": Decimal("1.50"), "read_at": now, "kind": Kind.LARGE}
    assert rows() == [filled] * 2
    history(Column("name", String(40)))  # and undone: that fills what comes back
    assert rows() == [{"name": "it's 5% :b"}] * 2


def test_a_column_without_default_is_told(
    history: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    history(Column("name", String(40)))
    history(Column("name", String(40)), Column("pages", Integer, nullable=False))
    assert "history.pages is NOT NULL and has no default" in capsys.readouterr().out


def test_not_ready_before_upgrade(empty: Flask) -> None:
    assert empty.test_client().get("/health/ready").status_code == 503
