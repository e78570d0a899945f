"""Cursor pages: the last page of a million rows costs what the first one does.

A cursor says where a page ended, in an order that is unique. The next page starts there
by means of an index, so no row before it is read or counted.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypedDict, TypeVar

from marshmallow import ValidationError
from sqlalchemy import select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from app.core.database import Base, db
from app.core.errors import Invalid
from app.core.schemas import Schema

Row = TypeVar("Row", bound=Base)


class Page(TypedDict, Generic[Row]):
    """One page of a list; `next_cursor` is None on the last one."""

    items: Sequence[Row]
    next_cursor: str | None


def paginate(model: type[Row], query: Mapping[str, Any]) -> Page[Row]:
    """Return the page that a loaded `PageQuery` asks for; its other fields are filters.

    Raises Invalid for a cursor that is malformed or was made for another list.
    """
    filters = dict(query)
    limit, sort = filters.pop("limit"), filters.pop("sort")
    cursor = filters.pop("cursor", None)
    purpose = (model.__tablename__, sort)
    columns = unique_order(model, sort.removeprefix("-"))
    position = tuple_(*columns)

    statement = select(model).filter_by(**filters).limit(limit + 1)
    if sort.startswith("-"):
        statement = statement.order_by(*(column.desc() for column in columns))
    else:
        statement = statement.order_by(*columns)
    if cursor is not None:
        end = decode(cursor, purpose, columns)
        after = position < end if sort.startswith("-") else position > end
        statement = statement.where(after)

    rows = db.session.scalars(statement).all()
    items = rows[:limit]
    if len(rows) <= limit:
        return {"items": items, "next_cursor": None}
    last = [getattr(items[-1], column.key) for column in columns]
    return {"items": items, "next_cursor": encode([*purpose, *last])}


def unique_order(model: type[Base], key: str) -> list[InstrumentedAttribute[Any]]:
    """Return the columns to sort by: the key, and the id where the key is not unique."""
    column = getattr(model, key)
    return [column] if model.__table__.c[key].unique else [column, model.id]


def encode(values: list[Any]) -> str:
    """Return the cursor for JSON values, times, UUIDs and decimals; fit for a URL."""
    text = json.dumps(values, default=str, separators=(",", ":")).encode()
    return urlsafe_b64encode(text).decode().rstrip("=")


def decode(
    cursor: str, purpose: tuple[str, str], columns: list[InstrumentedAttribute[Any]]
) -> tuple[Any, ...]:
    """Return the values of `columns` that a cursor holds. Raises Invalid."""
    try:
        content = json.loads(urlsafe_b64decode(cursor + "=="))
        table, sort, *values = content
        if (table, sort) != purpose or encode(content) != cursor:
            raise ValueError(content)
        return tuple(
            Schema.TYPE_MAPPING[column.type.python_type]().deserialize(value)
            for column, value in zip(columns, values, strict=True)
        )
    except (ValueError, TypeError, RecursionError, ValidationError):
        message = "Is not a cursor of this list in this order."
        raise Invalid(message, "cursor", "query") from None
