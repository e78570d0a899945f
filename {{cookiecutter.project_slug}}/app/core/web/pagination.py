"""Keyset pagination: the last page of a million rows costs what the first one does.

A cursor says where a page ended, in an order that is unique. The next page starts there
by means of an index, so no row before it is read or counted.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from marshmallow import Schema, ValidationError
from marshmallow.validate import Range
from sqlalchemy import BigInteger, ColumnElement, select
from sqlalchemy.sql.base import ExecutableOption

from app.core.data import dialect
from app.core.data.base import Base
from app.core.data.session import db
from app.core.errors import Invalid
from app.core.web import fields
from app.core.web.filters import conditions

# The fields that read the values of a cursor: it comes from outside as a body does.
FIELDS: dict[type, Any] = Schema.TYPE_MAPPING | {
    str: fields.String,
    datetime: fields.DateTime,
    Decimal: fields.Money,
}


def paginate(
    model: type[Base],
    /,
    *where: ColumnElement[bool],
    limit: int,
    sort: str,
    cursor: str | None = None,
    options: Iterable[ExecutableOption] = (),
    **filters: Any,
) -> dict[str, Any]:
    """Return a page: its `items`, and `next_cursor`, which is None on the last one.

    `where` says which rows there are, `filters` which of them were asked for, by the
    names that `filters.conditions` knows. `options` load related rows:
    `[selectinload(Book.owner)]`.
    Raises Invalid for a cursor that is malformed or was made for another list.
    """
    purpose = (model.__tablename__, sort)
    # The id makes the order unique. The index that this needs is made with the model.
    columns = [getattr(model, sort.removeprefix("-")), model.id]
    descending = sort.startswith("-")

    asked = conditions(model, filters)
    statement = select(model).options(*options).where(*where, *asked).limit(limit + 1)
    statement = statement.order_by(*(c.desc() if descending else c for c in columns))
    if cursor is not None:
        position = decode(cursor, purpose, columns)
        statement = statement.where(dialect.after(columns, position, descending))

    rows = db.session.scalars(statement).all()
    if len(rows) <= limit:
        return {"items": rows, "next_cursor": None}
    last = [getattr(rows[limit - 1], column.key) for column in columns]
    return {"items": rows[:limit], "next_cursor": encode([*purpose, *last])}


def encode(values: list[Any]) -> str:
    """Return the cursor for JSON values, times, UUIDs and decimals; fit for a URL."""
    text = json.dumps(values, default=str, separators=(",", ":")).encode()
    return urlsafe_b64encode(text).decode().rstrip("=")


def decode(cursor: str, purpose: tuple[str, str], columns: list[Any]) -> list[Any]:
    """Return the values that a cursor has of `columns`. Raises Invalid."""
    try:
        content = json.loads(urlsafe_b64decode(cursor + "=="))
        table, sort, *values = content
        if (table, sort) != purpose or encode(content) != cursor:
            raise ValueError(content)
        return [
            field_of(column).deserialize(value)
            for column, value in zip(columns, values, strict=True)
        ]
    except (ValueError, TypeError, RecursionError, ValidationError):
        message = "Is not a cursor of this list in this order."
        raise Invalid(message, "cursor", "query") from None


def field_of(column: Any) -> Any:
    """Return the field that reads the values of a column."""
    kind = column.type.python_type
    if kind is int:  # a larger one would be an error of the database
        end = 2 ** (63 if isinstance(column.type, BigInteger) else 31)
        return fields.Integer(validate=Range(-end, end - 1))
    return fields.Enum(kind) if issubclass(kind, StrEnum) else FIELDS[kind]()
