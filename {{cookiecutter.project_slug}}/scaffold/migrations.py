"""Migrations: writes the one of a resource, and tells which the database has."""

from pathlib import Path
from typing import Any

from alembic.autogenerate import render_python_code
from alembic.migration import MigrationContext
from alembic.operations.ops import CreateIndexOp, CreateTableOp, UpgradeOps
from alembic.script import ScriptDirectory
from alembic.util import CommandError, rev_id
from sqlalchemy import Table

from app.core.data.alembic_environment import migrate, render_item
from app.core.data.session import db
from scaffold import Refused
from scaffold.atomic_write import MIGRATIONS


def write_revision(tables: list[Table], message: str) -> None:
    """Write the revision that makes tables, and do not apply it.

    They are new: neither the database nor the revisions before are asked.
    Raises Refused.
    """
    operations: list[Any] = []
    for table in tables:
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        operations.append(CreateTableOp.from_table(table))
        operations += [CreateIndexOp.from_index(index) for index in indexes]
    try:
        script = ScriptDirectory.from_config(migrate.get_config())
        up = render_python_code(UpgradeOps(operations), render_item=render_item)
        down = "\n    ".join(f"op.drop_table({t.name!r})" for t in reversed(tables))
{% if cookiecutter.database == "mysql" %}
        script.generate_revision(
            rev_id(),
            message,
            upgrades=up,
            downgrades=down,
            imports="from sqlalchemy.dialects import mysql",
        )
{% else %}
        script.generate_revision(rev_id(), message, upgrades=up, downgrades=down)
{% endif %}
    except CommandError as error:  # two heads, for example
        raise Refused(f"{error} Or say --no-migration.") from None


def last_unapplied(message: str) -> Path | None:
    """Return the last revision, if it has this message and can be deleted."""
    script = ScriptDirectory(MIGRATIONS)
    heads = [script.get_revision(head) for head in script.get_heads()]
    ours = [h for h in heads if h.doc == message and h.revision not in applied()]
    return Path(ours[0].path) if ours == heads else None


def is_up_to_date() -> bool:
    """Tell whether the database has every migration."""
    return applied() == set(ScriptDirectory(MIGRATIONS).get_heads())


def applied() -> set[str]:
    """Return the heads of the database."""
    with db.engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads())
