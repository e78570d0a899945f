"""The fields of schemas: those of marshmallow, stricter where it is too kind."""

import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID as UUIDType

from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import Length, OneOf
from webargs.multidictproxy import MultiDictProxy

from app.core.data.base import Base

UUID = fields.UUID
List = fields.List
Nested = fields.Nested

UNSTORABLE = "[\0\ud800-\udfff]"  # NUL, and half of a surrogate pair
LONGEST_EMAIL = 254  # characters (RFC 3696, erratum 1690)
# No quotes, blanks or control characters, 64 characters before the @, no 1.2.3.4 after.
ADDRESS = (
    r"[^@\"\s\x00-\x1f\x7f-\x9f\ufe00-\ufe0f]{1,64}"
    r"@[^@\[\]\ufe00-\ufe0f]*[^@.0-9\[\]][^@.\[\]]*"
)
NUMBER = r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"
DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
AMOUNT = r"^[0-9]{1,10}(\.[0-9]{1,2})?$"


def document(field: fields.Field[Any], **schema: Any) -> None:
    """Add to what the OpenAPI document says of a field, unless the field says it."""
    field.metadata = schema | dict(field.metadata)


def storable(text: str) -> str:
    """Return a text that every database can store. Raises ValidationError otherwise."""
    if re.search(UNSTORABLE, text):
        raise ValidationError("Has a character that cannot be stored.")
    return text


class String(fields.String):
    """A text that every database can store."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        document(self, pattern="^[^\\u0000]*$", examples=["text"])

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        return storable(super()._deserialize(value, attr, data, **kwargs))


class Email(fields.Email):
    """An e-mail address, in lower case; full-width letters are what they look like."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        document(self, examples=["ada@example.com"])

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        if isinstance(value, str):
            value = self._normalize(value)
        text = super()._deserialize(value, attr, data, **kwargs)
        # What cannot be seen would make two accounts of what looks like one address.
        if not re.fullmatch(ADDRESS, text) or not text.isprintable():
            raise self.make_error("invalid", input=value)
        return storable(text).lower()

    def _normalize(self, text: str) -> str:
        # The length first: NFKC and the patterns take quadratic time.
        if len(text) <= LONGEST_EMAIL:
            text = unicodedata.normalize("NFKC", text)
        if len(text) > LONGEST_EMAIL:
            raise ValidationError(f"Longer than maximum length {LONGEST_EMAIL}.")
        return text


class Url(fields.Url):
    """An address on the web."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(schemes={"http", "https"}, **kwargs)
        document(self, examples=["https://example.com"])

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not text.isascii():
            raise ValidationError("Must be in ASCII; encode other characters.")
        return text


class Enum(fields.Enum[Any]):
    """A member of an enumeration, by its value, which is a text."""

    def __init__(self, enum: type[StrEnum], **kwargs: Any) -> None:
        super().__init__(enum, by_value=fields.String, **kwargs)


class Boolean(fields.Boolean):
    """JSON's true or false, in a query the words; never 1, "yes" or "on"."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> bool:
        if isinstance(data, MultiDictProxy):
            value = {"true": True, "false": False}.get(value)
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Integer(fields.Integer):
    """A whole number in ASCII digits; Python would also read 1.5, 1_0, other digits."""

    def _validated(self, value: Any) -> int:
        text = isinstance(value, str) and not re.fullmatch("-?[0-9]+", value)
        if text or (isinstance(value, float) and not value.is_integer()):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class Float(fields.Float):
    """A finite number, which in a query is written as in JSON."""

    def _validated(self, value: Any) -> float:
        if isinstance(value, str) and not re.fullmatch(NUMBER, value, re.ASCII):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class Date(fields.Date):
    """A day, as 2026-01-31."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> date:
        if not isinstance(value, str) or not re.fullmatch(DAY, value, re.ASCII):
            raise self.make_error("invalid", input=value, obj_type="date")
        return super()._deserialize(value, attr, data, **kwargs)


class DateTime(fields.AwareDateTime):
    """A time with a timezone, which is converted to UTC."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> datetime:
        try:
            return super()._deserialize(value, attr, data, **kwargs).astimezone(UTC)
        except OverflowError:  # in year 1 or 9999
            raise ValidationError("Is too early or too late.") from None


class Money(fields.Decimal):
    """An exact amount of at most ten digits and two places, as a string in JSON."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(places=2, as_string=True, **kwargs)
        document(self, type="string", pattern=AMOUNT, examples=["12.50"])

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Decimal:
        if not isinstance(value, str) or not re.fullmatch(AMOUNT, value, re.ASCII):
            raise ValidationError('Must be a string such as "12.50".')
        return Decimal(value)


class Json(fields.Raw):
    """Any JSON that every database can store: no NUL, and not nested too deeply."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not self.allow_none:
            document(self, type=["array", "boolean", "number", "object", "string"])

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if not is_storable(value):
            raise ValidationError("Is nested too deeply, or cannot be stored.")
        return value


def is_storable(value: Any, depth: int = 20) -> bool:
    """Tell whether a value of JSON can be stored; MariaDB takes 32 levels."""
    if isinstance(value, str):
        return not re.search(UNSTORABLE, value)
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        return depth > 0 and all(is_storable(item, depth - 1) for item in value)
    return not isinstance(value, int | float) or abs(value) < 2**63


class Ids(fields.List[UUIDType]):
    """The ids of related rows, in whatever order and each once."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(UUID(), validate=Length(max=1000), **kwargs)

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> Any:
        return sorted(str(row.id) for row in value)


class Rows(fields.List[Any]):
    """Related rows, in the order of their ids."""

    def __init__(self, schema: type[Schema], **kwargs: Any) -> None:
        super().__init__(Nested(schema), **kwargs)

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> Any:
        rows = sorted(value, key=lambda row: row.id)
        return super()._serialize(rows, attr, obj, **kwargs)


class Sort(fields.String):
    """The order of a list: one of the `sort_keys` of a model, `-` before it descends."""

    def __init__(self, model: type[Base]) -> None:
        keys = model.sort_keys
        allowed = OneOf([*keys, *(f"-{key}" for key in keys)])
        super().__init__(load_default=keys[0], validate=allowed)
        document(self, description="The order of the rows; with `-` it descends")


class Search(String):
    """A text that lists look for in some columns, which reads every row."""

    def __init__(self, *columns: str) -> None:
        attribute = "__".join([*columns, "contains"])
        super().__init__(attribute=attribute, validate=Length(1, 100))
