"""Filters: what the parameters of a list ask for, as conditions of its query."""

import operator
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_

from app.core.data.base import Base


def contains(column: Any, text: str) -> ColumnElement[bool]:
    """Return the condition for values with a text in it, in whatever case."""
    found: ColumnElement[bool] = column.icontains(text, autoescape=True)
    return found


def has_any(relation: Any, ids: list[UUID]) -> ColumnElement[bool]:
    """Return the condition for rows that are related to one of these or more."""
    target = relation.property.mapper.class_
    found: ColumnElement[bool] = relation.any(target.id.in_(ids))
    return found


# What stands behind `__` in the `attribute` of a parameter, and what it is said to mean.
# Periods include their start and not their end, so that none overlap and none is missed.
OPERATORS: dict[str, tuple[Callable[[Any, Any], ColumnElement[bool]], str]] = {
    "min": (operator.ge, "This or more"),
    "max": (operator.le, "This or less"),
    "after": (operator.ge, "At this or later"),
    "before": (operator.lt, "Before this"),
    "any": (has_any, "Any of these"),
    "contains": (contains, "Has this text, in whatever case; no index helps"),
}


def conditions(
    model: type[Base], filters: dict[str, Any]
) -> Iterator[ColumnElement[bool]]:
    """Yield the condition of each filter: `status`, `total__min`, `name__email__contains`.

    Of several values any will do, and so will any of several columns.
    """
    for key, value in filters.items():
        *names, last = key.split("__")
        if not names:
            column = getattr(model, key)
            yield column.in_(value) if isinstance(value, list) else column == value
        else:
            compare, _ = OPERATORS[last]
            yield or_(*(compare(getattr(model, name), value) for name in names))
