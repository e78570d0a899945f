"""The environment of Alembic: how migrations are made and run, for `migrations/env.py`."""

import logging
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal

import click
from alembic import context
{% if cookiecutter.database == "mysql" %}
from alembic.operations.ops import DropTableOp
{% endif %}
from flask_migrate import Migrate
from sqlalchemy import Connection

from app.core.data import dialect, revisions
from app.core.data.base import Base, UtcDateTime
from app.core.data.session import db
from app.settings import DRIVER, ROOT

logger = logging.getLogger("alembic.runtime.migration")
migrate = Migrate(directory=str(ROOT / "migrations"))


def run() -> None:
    """Run what `flask db` asks for, against the database or as an SQL script."""
    if context.is_offline_mode():
        context.configure(
            url=db.engine.url, target_metadata=Base.metadata, literal_binds=True
        )
        with context.begin_transaction():
            context.run_migrations()
        return
    with db.engine.connect() as connection, ready_to_migrate(connection):
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
{% if cookiecutter.database == "sqlite" %}
            render_as_batch=True,  # SQLite changes a table by making a new one
            transactional_ddl=True,
{% endif %}
            render_item=render_item,
            process_revision_directives=complete_revision,
        )
        # Each migration is a line of the log, if LOG_LEVEL has such lines.
        logger.setLevel(logging.root.level)
        with context.begin_transaction():
            context.run_migrations()
        logger.setLevel("WARNING")  # `/health/ready` makes such a context, too


def ready_to_migrate(connection: Connection) -> AbstractContextManager[None]:
    """Do what the database needs; the first revision is made without it, in SQLite."""
    ours = connection.dialect.name in DRIVER
    return dialect.migrating(connection) if ours else nullcontext()


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Write our own types as plain SQLAlchemy, so that no migration imports the app."""
    if kind == "type" and isinstance(item, UtcDateTime):
{% if cookiecutter.database == "mysql" %}
        autogen_context.imports.add("from sqlalchemy.dialects import mysql")
        return "mysql.DATETIME(fsp=6)"
{% else %}
        return "sa.DateTime(timezone=True)"
{% endif %}
    return False


def complete_revision(found: Any, _revision: Any, directives: list[Any]) -> None:
    """Write a revision that can be undone, and none when there is nothing to change."""
    asked = getattr(context.config.cmd_opts, "autogenerate", False)
    if asked and directives[0].upgrade_ops.is_empty():
        directives.clear()
        context.config.print_stdout("No changes in schema detected.")
    for each in directives if asked else ():
        for text in revisions.complete(found, each):
            click.echo(text)
{% if cookiecutter.database == "mysql" %}
    for revision in directives:
        for way in (revision.upgrade_ops, revision.downgrade_ops):
            drops = [op for op in way.ops if isinstance(op, DropTableOp)]
            # MySQL drops no index that a foreign key needs; a table takes its own along.
            gone = {op.table_name for op in drops}
            tables = [(op, getattr(op, "table_name", "")) for op in way.ops]
            way.ops = [op for op, table in tables if op in drops or table not in gone]
{% endif %}
