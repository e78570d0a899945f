"""The declarative base of every model, and the database session."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from itertools import chain
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import flask_sqlalchemy.session
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Enum, Index, MetaData, Table, TypeDecorator, event
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    ORMExecuteState,
    declared_attr,
    mapped_column,
    with_loader_criteria,
)
from uuid_utils.compat import uuid7

# A constraint can be changed by a migration only if it has a name.
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
# Let MySQL tell texts apart as other databases do, but for blanks at their end.
TABLE_OPTIONS = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def utc_now() -> datetime:
    """Return the present time, timezone-aware, in UTC."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A timezone-aware time that is stored in UTC and comes back in UTC."""

    # MySQL keeps microseconds only when it is asked to.
    impl = DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql")
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """The type of the values."""
        return datetime

    def process_bind_param(self, value: datetime | None, _: Any) -> datetime | None:
        """Convert to UTC. Raises ValueError for a time without timezone."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a time needs a timezone")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, _: Any) -> datetime | None:
        """Add the timezone where the database does not keep it."""
        aware = value and (value if value.tzinfo else value.replace(tzinfo=UTC))
        return aware and aware.astimezone(UTC)


# The value of a member as text, with a named check that the database keeps.
ENUM = Enum(
    StrEnum,
    native_enum=False,
    create_constraint=True,
    length=50,
    values_callable=lambda members: [member.value for member in members],
)


class Base(DeclarativeBase):
    """The base of every model, with the columns that every table has.

    `sort_keys` names the columns that a list may be sorted by. Each must be NOT NULL,
    and gets the index that such a page needs.
    """

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar = {datetime: UtcDateTime, StrEnum: ENUM}
    sort_keys: ClassVar[tuple[str, ...]] = ("created_at",)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7, sort_order=-1)
    created_at: Mapped[datetime] = mapped_column(default=utc_now, sort_order=1)
    updated_at: Mapped[datetime] = mapped_column(
        default=utc_now, onupdate=utc_now, sort_order=1
    )
    deleted_at: Mapped[datetime | None] = mapped_column(sort_order=1)
    version: Mapped[int] = mapped_column(sort_order=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        """Let of two writers of one version only one win, see StaleDataError."""
        return {"version_id_col": cls.version}

    def __init_subclass__(cls, **options: Any) -> None:
        """Map the model and add the index of each sort key."""
        super().__init_subclass__(**options)
        table = vars(cls).get("__table__")
        if not isinstance(table, Table):
            return  # abstract
        table.dialect_kwargs.update(TABLE_OPTIONS)
        for key in cls.sort_keys:
            if not table.c[key].unique:
                Index(None, table.c[key], table.c.id)


def columns_of(constraint: str) -> list[str]:
    """Return the columns of a unique constraint or index, by its name."""
    tables = Base.metadata.tables.values()
    named: Iterable[Any] = chain(*((*t.constraints, *t.indexes) for t in tables))
    return [c.name for each in named if each.name == constraint for c in each.columns]


Row = TypeVar("Row", bound=Base)


class Session(flask_sqlalchemy.session.Session):
    """A session that ends well although the database went away in the meantime."""

    def close(self) -> None:
        """End the transaction: nothing that was not committed is left to lose."""
        try:
            super().close()
        except DBAPIError:
            self.invalidate()


db = SQLAlchemy(
    metadata=Base.metadata,
    session_options={"class_": Session, "expire_on_commit": False},
)


@event.listens_for(db.session, "do_orm_execute")
def hide_deleted_rows(state: ORMExecuteState) -> None:
    """Leave rows with a `deleted_at` out of every query.

    A statement with `.execution_options(include_deleted=True)` sees them.
    """
    if state.is_column_load or state.execution_options.get("include_deleted"):
        return
    state.statement = state.statement.options(
        with_loader_criteria(
            Base, lambda model: model.deleted_at.is_(None), include_aliases=True
        )
    )
