"""Checks that migrations/ and openapi.json say what the code says; changes nothing."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask_migrate import check, upgrade
from sqlalchemy import inspect

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app import create_app
from app.core.command_line import readable_errors
from app.core.data.base import Base
from app.core.data.session import db
from app.settings import load_settings
from tests.temporary_database import temporary_database

NO_MIGRATION = 'A model has no migration. Write one: make migrate m="what changed"'
NO_CHECK = """The values that a column allows differ from its migrations: {}.
Alembic does not see that. Write a revision by hand: ./manage.py db revision"""
STALE = "openapi.json is not what the service serves. Write it: make openapi"


def main() -> None:
    """Compare with an empty database of the tests; exit with 1 where they differ."""
    os.environ |= {"APP_ENV": "testing", "LOG_LEVEL": "WARNING"}
    with temporary_database() as url:
        app = create_app(replace(load_settings(), DATABASE_URL=url))
        with app.app_context():
            compare_database()
            db.engine.dispose()
    written = json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))
    if app.test_client().get("/openapi.json").json != written:
        sys.exit(STALE)
    print("migrations/ and openapi.json say what the code says.")


def compare_database() -> None:
    """Compare what the migrations make with what the models say."""
    upgrade()
    try:
        check()
    except SystemExit:
        sys.exit(NO_MIGRATION)
    migrated = checks()
    Base.metadata.drop_all(db.engine)
    Base.metadata.create_all(db.engine)
    if migrated != checks():
        names = {name for name, _ in set(migrated) ^ set(checks())}
        sys.exit(NO_CHECK.format(", ".join(sorted(names))))


def checks() -> set[tuple[Any, Any]]:
    """Return the name and the text of each CHECK constraint in the database."""
    inspector = inspect(db.engine)
    found = (inspector.get_check_constraints(table) for table in Base.metadata.tables)
    return {(check["name"], check["sqltext"]) for each in found for check in each}


if __name__ == "__main__":
    with readable_errors():
        main()
