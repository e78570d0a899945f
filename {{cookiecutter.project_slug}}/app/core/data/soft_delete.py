"""Soft delete: a deleted row stays, hidden from every query, until `purge` removes it.

It hides, and guards nothing: what ends somebody's access is said in `core/identity`.
"""

from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, ORMExecuteState, mapped_column, with_loader_criteria

from app.core.data.base import Base, utc_now
from app.core.data.session import db, transaction


class SoftDelete:
    """A mixin for models: `repository.delete` sets `deleted_at` and keeps the row."""

    deleted_at: Mapped[datetime | None] = mapped_column(sort_order=2)


@event.listens_for(db.session, "do_orm_execute")
def hide_deleted_rows(state: ORMExecuteState) -> None:
    """Leave deleted rows out, but for `execution_options(include_deleted=True)`."""
    if state.is_column_load or state.execution_options.get("include_deleted"):
        return
    state.statement = state.statement.options(
        with_loader_criteria(
            SoftDelete, lambda model: model.deleted_at.is_(None), include_aliases=True
        )
    )


def purge(older_than: timedelta) -> dict[str, int]:
    """Remove rows deleted longer ago that no other refers to; count them by table."""
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
