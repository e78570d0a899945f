"""Reads and writes rows, with the rules that hold for every table."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, cast

import sqlalchemy as sa

from app.core.database import Base, Row, db, utc_now
from app.core.errors import Conflict, Invalid, NotFound


@contextmanager
def transaction() -> Iterator[None]:
    """Commit what is done inside, all of it or nothing.

    One inside another is part of it: so a service may call others.
    """
    session = db.session()
    if session.info.get("in_transaction"):
        yield
        return
    session.info["in_transaction"] = True
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info["in_transaction"] = False


def get(model: type[Row], *where: sa.ColumnElement[bool], **criteria: Any) -> Row:
    """Return the one row that fulfils this and has these values. Raises NotFound."""
    found = sa.select(model).where(*where).filter_by(**criteria)
    row = db.session.scalar(found)
    if row is None:
        raise NotFound(f"{model.__name__} not found.")
    return row


def save(row: Row, values: dict[str, Any]) -> Row:
    """Set the values, and store the row. Raises Invalid for a reference to nothing."""
    with transaction():
        for model, name, target in references():
            if model is type(row) and values.get(name) is not None:
                # The lock keeps the other row from being deleted before this is stored.
                found = sa.select(target.id).filter_by(id=values[name])
                if db.session.scalar(found.with_for_update(read=True)) is None:
                    raise Invalid(f"There is no such {target.__name__}.", name)
        for name, value in values.items():
            setattr(row, name, value)
        db.session.add(row)
        db.session.flush()
    return row


def delete(row: Base) -> None:
    """Hide the row from every reader. Raises Conflict while others refer to it."""
    with transaction():
        row.deleted_at = utc_now()
        db.session.flush()  # locks the row: no new reference comes while we look
        for model, name, target in references():
            if target is type(row):
                referring = sa.select(model.id).filter_by(**{name: row.id}).limit(1)
                if db.session.scalar(referring) is not None:
                    raise Conflict(f"{model.__name__} rows refer to it.")


def purge(older_than: timedelta) -> dict[str, int]:
    """Remove rows that were deleted longer ago; return how many, for each table.

    A row stays as long as another one refers to it, even if that one is deleted too.
    """
    tables = Base.metadata.sorted_tables
    removed = {}
    with transaction():
        for table in reversed([t for t in tables if "deleted_at" in t.c]):
            old = table.c.deleted_at < utc_now() - older_than
            for key in (key for other in tables for key in other.foreign_keys):
                if key.column.table is table:
                    other = key.parent.table.alias()
                    old &= ~sa.exists().where(other.c[key.parent.name] == key.column)
            result = db.session.execute(sa.delete(table).where(old))
            removed[table.name] = cast(sa.CursorResult[Any], result).rowcount
    return removed


def references() -> Iterator[tuple[type[Base], str, type[Base]]]:
    """Yield each model and column that refers to another model, and that other one."""
    models = {mapper.local_table: mapper.class_ for mapper in Base.registry.mappers}
    for table, model in models.items():
        for column in table.columns:
            for key in column.foreign_keys:
                yield model, column.key, models[key.column.table]
