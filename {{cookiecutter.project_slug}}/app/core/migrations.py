"""How migrations are made and run; `migrations/env.py` calls `run`."""

import logging
from typing import Any, Literal

from alembic import context
from flask_migrate import Migrate

from app.core.database import Base, UtcDateTime, db
from app.settings import ROOT

migrate = Migrate(directory=str(ROOT / "migrations"))


def run() -> None:
    """Run what `flask db` asks for, against the database or as an SQL script."""
    logging.getLogger("alembic.runtime.migration").setLevel("INFO")
    if context.is_offline_mode():
        context.configure(
            url=db.engine.url, target_metadata=Base.metadata, literal_binds=True
        )
        with context.begin_transaction():
            context.run_migrations()
        return
    with db.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        # SQLite changes a table by making a new one; rows that refer to it must wait.
        driver.execute("PRAGMA foreign_keys = OFF")
        try:
            context.configure(
                connection=connection,
                target_metadata=Base.metadata,
                render_as_batch=True,
                transactional_ddl=True,
                render_item=render_item,
                process_revision_directives=skip_empty_revision,
            )
            with context.begin_transaction():
                context.run_migrations()
        finally:
            driver.execute("PRAGMA foreign_keys = ON")


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Write our own types as plain SQLAlchemy, so that no migration imports the app."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def skip_empty_revision(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """Write no revision when the models and the database agree."""
    asked = getattr(context.config.cmd_opts, "autogenerate", False)
    if asked and directives[0].upgrade_ops.is_empty():
        directives.clear()
        context.config.print_stdout("No changes in schema detected.")
