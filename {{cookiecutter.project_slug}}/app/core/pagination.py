"""Cursor pages: the last page of a million rows costs what the first one does.

A cursor says where a page ended, in an order that is unique. The next page starts there
by means of an index, so no row before it is read or counted.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Any

from marshmallow import Schema, ValidationError
from marshmallow.validate import Range
{% if cookiecutter.database == "mysql" %}
from sqlalchemy import ColumnElement, and_, or_, select
{% else %}
from sqlalchemy import ColumnElement, select, tuple_
{% endif %}

from app.core import fields
from app.core.database import Base, db
from app.core.errors import Invalid

# The fields that read the values of a cursor: it comes from outside as a body does.
FIELDS: dict[type, Any] = Schema.TYPE_MAPPING | {
    str: fields.String,
    datetime: fields.DateTime,
    Decimal: fields.Money,
    int: partial(fields.Integer, validate=Range(-(2**63), 2**63 - 1)),
}


def paginate(
    model: type[Base],
    /,
    *where: ColumnElement[bool],
    limit: int,
    sort: str,
    cursor: str | None = None,
    **filters: Any,
) -> dict[str, Any]:
    """Return a page: its `items`, and `next_cursor`, which is None on the last one.

    `where` says which rows there are, `filters` which of them were asked for.
    Raises Invalid for a cursor that is malformed or was made for another list.
    """
    purpose = (model.__tablename__, sort)
    # The id makes the order unique. The index that this needs is made with the model.
    columns = [getattr(model, sort.removeprefix("-")), model.id]
    descending = sort.startswith("-")

    statement = select(model).where(*where).filter_by(**filters).limit(limit + 1)
    statement = statement.order_by(*(c.desc() if descending else c for c in columns))
    if cursor is not None:
{% if cookiecutter.database == "mysql" %}
        # MySQL would read the whole index for (key, id) > (…, …).
        (key, row_id), (last_key, last_id) = columns, decode(cursor, purpose, columns)
        beyond = key < last_key if descending else key > last_key
        after = row_id < last_id if descending else row_id > last_id
        statement = statement.where(or_(beyond, and_(key == last_key, after)))
{% else %}
        position, end = tuple_(*columns), decode(cursor, purpose, columns)
        statement = statement.where(position < end if descending else position > end)
{% endif %}

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
    """Return the values of `columns` that a cursor holds. Raises Invalid."""
    try:
        content = json.loads(urlsafe_b64decode(cursor + "=="))
        table, sort, *values = content
        if (table, sort) != purpose or encode(content) != cursor:
            raise ValueError(content)
        kinds = [column.type.python_type for column in columns]
        return [
            fields.Enum(kind).deserialize(value)
            if issubclass(kind, StrEnum)
            else FIELDS[kind]().deserialize(value)
            for kind, value in zip(kinds, values, strict=True)
        ]
    except (ValueError, TypeError, RecursionError, ValidationError):
        message = "Is not a cursor of this list in this order."
        raise Invalid(message, "cursor", "query") from None
