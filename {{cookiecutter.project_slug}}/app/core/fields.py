"""The fields of schemas: those of marshmallow, stricter where it is too kind."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields
from marshmallow.validate import OneOf
from webargs.multidictproxy import MultiDictProxy

from app.core.database import Base

UUID = fields.UUID
Enum = fields.Enum
List = fields.List
Nested = fields.Nested

AMOUNT = r"^[0-9]{1,10}(\.[0-9]{1,2})?$"


def document(field: fields.Field[Any], **schema: Any) -> None:
    """Add to what the OpenAPI document says of a field, unless the field says it."""
    field.metadata = schema | dict(field.metadata)


class String(fields.String):
    """Text that every database can store: no NUL and no half of a surrogate pair."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        document(self, pattern="^[^\\u0000]*$", examples=["text"])

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if re.search("[\0\ud800-\udfff]", text):
            raise ValidationError("Has a character that cannot be stored.")
        return text


class Email(fields.Email):
    """An e-mail address; the model stores it in lower case."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        document(self, examples=["ada@example.com"])


class Boolean(fields.Boolean):
    """JSON's true or false, in a query the words; never 1, "yes" or "on"."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> bool:
        if isinstance(data, MultiDictProxy):
            value = {"true": True, "false": False}.get(value)
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Integer(fields.Integer):
    """A whole number in ASCII digits; Python would also read 1_0 and other digits."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, str) and not re.fullmatch("-?[0-9]+", value):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


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


class Sort(fields.String):
    """The order of a list: one of the `sort_keys` of a model, `-` before it descends."""

    def __init__(self, model: type[Base]) -> None:
        keys = model.sort_keys
        allowed = OneOf([*keys, *(f"-{key}" for key in keys)])
        super().__init__(load_default=keys[0], validate=allowed)
