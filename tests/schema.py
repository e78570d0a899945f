"""Migrates down and up; runs with a project's Python, where the project is.

Its last three lines are the tables of the database as JSON: before, between and after.
"""

import json
import os
import sys

sys.path.insert(0, os.getcwd())

from app.core.data.session import db
from manage import cli
from sqlalchemy import Inspector, inspect


def flask_db(*command: str) -> None:
    """Run `./manage.py db …`."""
    cli(["db", *command], standalone_mode=False)


def tables(found: Inspector) -> dict[str, object]:
    """Return what the database really has, in words that fit every kind of it."""
    return {
        table: {
            "columns": {c["name"]: c["nullable"] for c in found.get_columns(table)},
            "indexes": {
                index["name"]: index["column_names"]
                for index in sorted(found.get_indexes(table), key=lambda i: i["name"])
                if not index["unique"] and not is_for_some(found, table, index)
            },
            "unique": {
                u["name"]: u["column_names"]
                for u in found.get_unique_constraints(table)
            },
            "foreign keys": {
                k["name"]: [k["constrained_columns"], k["referred_table"]]
                for k in found.get_foreign_keys(table)
            },
            "checks": sorted(c["name"] for c in found.get_check_constraints(table)),
        }
        for table in sorted(found.get_table_names())
        if table != "alembic_version"
    }


def is_for_some(found: Inspector, table: str, index: dict[str, list[str]]) -> bool:
    """Tell whether some databases do without it: of a unique column, or of a filter."""
    unique = [u["column_names"] for u in found.get_unique_constraints(table)]
    columns = index["column_names"]
    return columns[:1] in unique or columns[1:] == ["created_at", "id"]


def schema() -> str:
    """Return the tables as one line."""
    app = cli.create_app()
    with app.app_context():
        return json.dumps(tables(inspect(db.engine)))


flask_db("check")
before = schema()
flask_db("downgrade", "base")
between = schema()
flask_db("upgrade")
after = schema()
flask_db("check")
print(before, between, after, sep="\n")
