{% set leave_out = "The indexes leave deleted rows out, as lists do (partial indexes)." %}
{% set keys = " Of filter keys, only\n    foreign keys get one: SQLite would take that of a status in any order, and sort all." %}
{% set nothing = "MySQL has no partial indexes: a list that begins with many deleted rows reads them." %}
{% set limits = {"mysql": nothing, "postgresql": leave_out, "sqlite": leave_out ~ keys} %}
{% set partial = "" if cookiecutter.database == "mysql" else ", " ~ cookiecutter.database ~ "_where=where" %}
"""The declarative base of every model, and the types of columns."""

{% if cookiecutter.database != "sqlite" %}
from collections.abc import Iterable
{% endif %}
from datetime import UTC, datetime
from enum import StrEnum
{% if cookiecutter.database != "sqlite" %}
from itertools import chain
{% endif %}
from typing import Any, ClassVar, TypeVar
from uuid import UUID

{% if cookiecutter.database == "mysql" %}
from sqlalchemy import Enum, Index, MetaData, Table, TypeDecorator
from sqlalchemy.dialects import mysql
{% else %}
from sqlalchemy import DateTime, Enum, Index, MetaData, Table, TypeDecorator
{% endif %}
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from uuid_utils.compat import uuid7

# A constraint can be changed by a migration only if it has a name.
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
{% if cookiecutter.database == "mysql" %}
# Let MySQL tell texts apart as other databases do, but for blanks at their end.
TABLE_OPTIONS: dict[str, Any] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}
{% endif %}


def utc_now() -> datetime:
    """Return the present time, timezone-aware, in UTC."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A timezone-aware time that is stored in UTC and comes back in UTC."""

{% if cookiecutter.database == "mysql" %}
    # MySQL keeps microseconds only when it is asked to.
    impl = mysql.DATETIME(fsp=6)
{% else %}
    impl = DateTime(timezone=True)
{% endif %}
    cache_ok = True
    python_type = datetime

    def process_bind_param(self, value: datetime | None, _: Any) -> datetime | None:
        """Convert to UTC. Raises ValueError for a time without timezone."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a time needs a timezone")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, _: Any) -> datetime | None:
        """Add the timezone where the database does not keep it."""
        if value is None or value.tzinfo is UTC:
            return value
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


# The value of a member as text, with a named CHECK constraint in the database.
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
    and gets the index that such a page needs. So does each of `filter_keys`, for lists of
    rows that share a value of it, in the order of the first sort key.
    {{ limits[cookiecutter.database] }}
    """

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar = {datetime: UtcDateTime, StrEnum: ENUM}
    sort_keys: ClassVar[tuple[str, ...]] = ("created_at",)
    filter_keys: ClassVar[tuple[str, ...]] = ()

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7, sort_order=-1)
    created_at: Mapped[datetime] = mapped_column(default=utc_now, sort_order=1)
    updated_at: Mapped[datetime] = mapped_column(
        default=utc_now, onupdate=utc_now, sort_order=1
    )
    version: Mapped[int] = mapped_column(sort_order=3)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        """Optimistic locking: of two writers of one version, one gets StaleDataError."""
        return {"version_id_col": cls.version}

    def __init_subclass__(cls, **options: Any) -> None:
        """Map the model and add the index of each sort key and each filter key."""
        super().__init_subclass__(**options)
        table = vars(cls).get("__table__")
        if not isinstance(table, Table):
            return  # abstract
{% if cookiecutter.database == "mysql" %}
        table.dialect_kwargs.update(TABLE_OPTIONS)
{% else %}
        deleted = table.c.get("deleted_at")
        # The index of a unique constraint has deleted rows, too.
        where = None if deleted is None else deleted.is_(None)
{% endif %}
        for key in cls.sort_keys:
            if {{ "where is not None or " if partial }}not table.c[key].unique:
                Index(None, table.c[key], table.c.id{{ partial }})
        for key in cls.filter_keys:
            columns = table.c[key], table.c[cls.sort_keys[0]], table.c.id
{% if cookiecutter.database == "sqlite" %}
            if columns[0].foreign_keys:
                Index(None, *columns, sqlite_where=where)
{% else %}
            Index(None, *columns{{ partial }})
{% endif %}


Row = TypeVar("Row", bound=Base)
{% if cookiecutter.database != "sqlite" %}


def columns_of(constraint: str) -> list[str]:
    """Return the columns of a unique constraint or index, by its name."""
    tables = Base.metadata.tables.values()
    named: Iterable[Any] = chain(*((*t.constraints, *t.indexes) for t in tables))
    return [c.name for each in named if each.name == constraint for c in each.columns]
{% endif %}
