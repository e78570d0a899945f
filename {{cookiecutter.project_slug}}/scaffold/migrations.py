"""Migrations: writes the one of a resource, and tells which the database has."""

from pathlib import Path

import flask_migrate
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from app.core.data.session import db
from app.settings import ROOT
from scaffold.errors import Refused

FOLDER = ROOT / "migrations"


def revisions() -> set[Path]:
    """Return the files of the revisions."""
    return set(FOLDER.glob("versions/*.py"))


def write_revision(app: Flask, message: str, made: list[Path]) -> Path:
    """Write a revision, and do not apply it; note it in `made`. Raises Refused."""
    before = revisions()
    try:
        with app.app_context():
            flask_migrate.migrate(message=message)
    except SystemExit:
        text = "No migration could be written. "
        text += "Apply those that there are (./manage.py db upgrade), "
        raise Refused(text + "or say --no-migration.") from None
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
