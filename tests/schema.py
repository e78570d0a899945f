"""Prints the tables of a project's database as JSON; runs with the project's Python."""

import json
import os
import sys

sys.path.insert(0, os.getcwd())

from app import create_app
from app.core.data.session import db
from sqlalchemy import inspect

with create_app().app_context():
    found = inspect(db.engine)


def is_for_some(table, index):
    """Tell whether some databases do without it: of a unique column, or of a filter."""
    unique = [u["column_names"] for u in found.get_unique_constraints(table)]
    columns = index["column_names"]
    return columns[:1] in unique or columns[1:] == ["created_at", "id"]


tables = {
    table: {
        "columns": {c["name"]: c["nullable"] for c in found.get_columns(table)},
        "indexes": {
            index["name"]: index["column_names"]
            for index in sorted(found.get_indexes(table), key=lambda i: i["name"])
            if not index["unique"] and not is_for_some(table, index)
        },
        "unique": {
            u["name"]: u["column_names"] for u in found.get_unique_constraints(table)
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
print(json.dumps(tables, indent=1))
