"""Soft delete: a deleted row stays, hidden from every query, until `purge` removes it.

It hides, and guards nothing: what ends somebody's access is said in `core/identity`.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, ORMExecuteState, mapped_column, with_loader_criteria

from app.core.data.base import Base, utc_now
from app.core.data.foreign_keys import keys_to, owners
from app.core.data.session import db, transaction


class SoftDelete:
    """A mixin for models: `repository.delete` sets `deleted_at` and keeps the row."""

    deleted_at: Mapped[datetime | None] = mapped_column(sort_order=2)


Selected = TypeVar("Selected")
NOT_DELETED = with_loader_criteria(
    SoftDelete, lambda model: model.deleted_at.is_(None), include_aliases=True
)


def prepare(query: sa.Select[Selected]) -> sa.Select[Selected]:
    """Return a query without deleted rows that is run again and again as it is.

    One to which `hide_deleted_rows` adds something is a new one each time, which
    SQLAlchemy must look through anew.
    """
    return query.options(NOT_DELETED).execution_options(include_deleted=True)


@event.listens_for(db.session, "do_orm_execute")
def hide_deleted_rows(state: ORMExecuteState) -> None:
    """Leave deleted rows out, but for `execution_options(include_deleted=True)`."""
    if state.is_column_load or state.execution_options.get("include_deleted"):
        return
    state.statement = state.statement.options(NOT_DELETED)


class Purged(NamedTuple):
    """How many rows of a table were removed, and how many each other table holds back."""

    removed: int
    kept: dict[str, int]


def purge(older_than: timedelta) -> dict[str, Purged]:
    """Remove rows deleted longer ago that no other refers to; say so for each table."""
    before = utc_now() - older_than
    tables = [t for t in Base.metadata.sorted_tables if "deleted_at" in t.c]
    with transaction():
        return {table.name: purge_table(table, before) for table in reversed(tables)}


def purge_table(table: sa.Table, before: datetime) -> Purged:
    """Remove rows of a table, with their own rows in association tables."""
    old, held = table.c.deleted_at < before, dict[str, sa.ColumnElement[bool]]()
    for key in keys_to(table):
        other, name = key.parent.table.alias(), key.parent.table.name
        refers = sa.exists().where(other.c[key.parent.name] == key.column)
        held[name] = sa.or_(held.get(name, sa.false()), old & refers)
    free = old & ~sa.or_(sa.false(), *held.values())
    ids = sa.select(table.c.id).where(free)
    for column, model in owners().items():
        if model.__table__ is table:
            db.session.execute(sa.delete(column.table).where(column.in_(ids)))
    gone = cast(sa.CursorResult[Any], db.session.execute(sa.delete(table).where(free)))
    left = sa.select(sa.func.count()).select_from(table)
    counts = {name: db.session.scalar(left.where(each)) for name, each in held.items()}
    return Purged(gone.rowcount, {name: n for name, n in counts.items() if n})
