"""Migrations: writes the one of a resource, and tells which the database has."""

from pathlib import Path

from alembic.autogenerate import render_python_code
from alembic.migration import MigrationContext
from alembic.operations.ops import CreateIndexOp, CreateTableOp, UpgradeOps
from alembic.script import ScriptDirectory
from alembic.util import CommandError, rev_id
from sqlalchemy import Table

from app.core.data.alembic_environment import migrate, render_item
from app.core.data.session import db
from app.settings import ROOT
from scaffold.errors import Refused

FOLDER = ROOT / "migrations"


def revisions() -> set[Path]:
    """Return the files of the revisions."""
    return set(FOLDER.glob("versions/*.py"))


def write_revision(table: Table, message: str, made: list[Path]) -> Path:
    """Write the revision that makes a table, and do not apply it; note it in `made`.

    The table is new: neither the database nor the revisions before are asked.
    Raises Refused.
    """
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    adds = [CreateIndexOp.from_index(index) for index in indexes]
    up = UpgradeOps([CreateTableOp.from_table(table), *adds])
    before = revisions()
    try:
        script = ScriptDirectory.from_config(migrate.get_config())
        script.generate_revision(
            rev_id(),
            message,
            upgrades=render_python_code(up, render_item=render_item),
            downgrades=f"op.drop_table({table.name!r})",
{% if cookiecutter.database == "mysql" %}
            imports="from sqlalchemy.dialects import mysql",
{% endif %}
        )
    except CommandError as error:  # two heads, for example
        raise Refused(f"{error} Or say --no-migration.") from None
    finally:
        made += revisions() - before
    (revision,) = revisions() - before
    return revision


def is_last_and_unapplied(path: Path) -> bool:
    """Tell whether a revision can be deleted, as if it had never been."""
    script = ScriptDirectory(FOLDER)
    heads = script.get_heads()
    ids = [each.revision for each in script.walk_revisions() if Path(each.path) == path]
    return ids == heads and heads[0] not in applied()


def is_up_to_date() -> bool:
    """Tell whether the database has every migration."""
    return applied() == set(ScriptDirectory(FOLDER).get_heads())


def applied() -> set[str]:
    """Return the heads of the database."""
    with db.engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads())
