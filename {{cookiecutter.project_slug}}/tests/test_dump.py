"""Rows are written as marshmallow itself would write them, whatever is in a column."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any
from uuid import UUID

import marshmallow.fields
import pytest
from marshmallow import Schema

from app.core.data.base import Base
from app.core.web import fields
from app.core.web.dump import DumpedSchema


class Colour(StrEnum):
    """An enumeration of columns."""

    RED = "red"
    EMPTY = ""


class Row(Base):
    """A row of no table, in whose column anything may be."""

    __abstract__ = True
    value: Any

    def __init__(self, **values: Any) -> None:
        vars(self).update(values)


class Inner(DumpedSchema):
    """What is in another object."""

    value = fields.String(data_key="text")


class Shouting(fields.String):
    """A field that an owner wrote."""

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> Any:
        return f"{value} of {attr}!"


class Elsewhere(fields.String):
    """A field that looks elsewhere for its value."""

    def get_value(self, *_: Any, **__: Any) -> Any:
        """Return it."""
        return "elsewhere"


KINDS = [
    fields.Boolean(),
    fields.Date(),
    fields.Date(format="%d.%m.%Y"),
    fields.DateTime(),
    fields.DateTime(format="rfc"),
    fields.Email(),
    fields.Enum(Colour),
    fields.Float(),
    fields.Float(as_string=True),
    fields.Integer(),
    fields.Integer(as_string=True),
    fields.Ids(),
    fields.Json(),
    fields.List(fields.Integer()),
    fields.Money(),
    fields.Nested(Inner),
    fields.Nested(Inner(many=True)),
    fields.Rows(Inner),
    fields.Search(),
    fields.Sort(Base),
    fields.String(),
    fields.String(attribute="other"),
    fields.String(data_key="key", dump_default="default"),
    fields.UUID(),
    fields.Url(),
    marshmallow.fields.Constant(1),
    marshmallow.fields.Decimal(),
    marshmallow.fields.Enum(Colour),
    marshmallow.fields.Function(lambda row: len(vars(row))),
    marshmallow.fields.Raw(),
    marshmallow.fields.String(load_only=True),
    marshmallow.fields.Time(),
    Elsewhere(),
    Shouting(),
]
NAIVE = datetime(2026, 1, 31, 1, 2, 3, 4)
VALUES = [
    *(None, True, False, 0, -1, 2**70, 1.5, -0.0, float("nan"), float("inf"), 1e300),
    *("", "text", "\u00e9", "half \ud800", "nul\0", "12.5", "nan", b"text", b"\xff"),
    *map(Decimal, ["12.50", "12.345", "12.355", "-0", "1E+3", "1E-9", "9" * 30]),
    *map(Decimal, ["NaN", "sNaN", "Infinity", "-Infinity"]),
    *(NAIVE, NAIVE.replace(tzinfo=UTC), NAIVE.date(), NAIVE.time(), date.min),
    NAIVE.replace(tzinfo=timezone(timedelta(hours=-5, minutes=-30))),
    *(UUID(int=1), Colour.RED, Colour.EMPTY, Enum("Other", ["RED"]).RED, Colour),
    *([], [1, None], {}, {"value": 1}, Row(value="in"), [Row(value="in"), Row()]),
    *(Row(), object),
]


def schema_of(base: type[Schema], field: Any) -> Schema:
    """Return a schema with this field."""
    return base.from_dict({"value": field, "same": fields.String()})()


def written(schema: Schema, row: Any) -> str:
    """Return what a schema writes of a row, or how it fails."""
    try:
        return repr(schema.dump(row))
    except Exception as error:  # noqa: BLE001 the same one is expected
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("field", KINDS, ids=lambda field: type(field).__name__)
def test_written_as_by_marshmallow(field: Any) -> None:
    ours, usual = schema_of(DumpedSchema, field), schema_of(Schema, field)
    for row in [Row(), *(Row(value=value, other=value, same="") for value in VALUES)]:
        assert written(ours, row) == written(usual, row)
        assert written(ours, vars(row)) == written(usual, vars(row))


def test_every_kind_of_field_is_compared() -> None:
    ours = {each for each in vars(fields).values() if isinstance(each, type)}
    ours = {each for each in ours if issubclass(each, marshmallow.fields.Field)}
    assert ours <= {type(field) for field in KINDS}


def test_own_access_to_attributes_is_heeded() -> None:
    class Own(DumpedSchema):
        def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
            return f"own {attr}"

    assert written(schema_of(Own, fields.String()), Row(value=1)) == repr(
        {"value": "own value", "same": "own same"}
    )
