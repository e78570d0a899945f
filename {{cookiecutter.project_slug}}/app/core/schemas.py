"""The base of every schema, and fields that are stricter than marshmallow's own."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

import marshmallow
from marshmallow import ValidationError, fields
from marshmallow.validate import OneOf, Range

from app.core.database import Base

AMOUNT = r"^[0-9]{1,10}(\.[0-9]{1,2})?$"


class String(fields.String):
    """Text that every database can store: no NUL and no half of a surrogate pair."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if re.search("[\0\ud800-\udfff]", text):
            raise ValidationError("Has a character that cannot be stored.")
        return text


class Email(fields.Email):
    """An e-mail address, in lower case so that every spelling of it is the same one."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        return super()._deserialize(value, attr, data, **kwargs).lower()


class Money(fields.Field[Decimal]):
    """An exact amount of at most ten digits and two places, as a string in JSON."""

    def __init__(self, **kwargs: Any) -> None:
        """Document the field as what it is in JSON."""
        super().__init__(**kwargs)
        self.metadata = {"type": "string", "pattern": AMOUNT, **self.metadata}

    def _serialize(
        self, value: Decimal | None, attr: str | None, obj: Any, **kwargs: Any
    ) -> str | None:
        return None if value is None else f"{value:.2f}"

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Decimal:
        if not isinstance(value, str) or not re.fullmatch(AMOUNT, value):
            raise ValidationError('Must be a string such as "12.50".')
        return Decimal(value)


class Sort(fields.String):
    """The `sort` parameter of the list of a model: a column, `-` before it descends."""

    def __init__(self, model: type[Base]) -> None:
        keys = model.sort_keys
        allowed = OneOf([*keys, *(f"-{key}" for key in keys)])
        super().__init__(load_default=keys[0], validate=allowed)


class Schema(marshmallow.Schema):
    """The base of every schema; refuses unknown fields."""

    TYPE_MAPPING = marshmallow.Schema.TYPE_MAPPING | {
        str: String,
        Decimal: Money,
        datetime: fields.AwareDateTime,
    }


class Row(Schema):
    """The base of what is shown of a row; its `version` counts the changes."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    created_at = fields.AwareDateTime(required=True)
    updated_at = fields.AwareDateTime(required=True)


class PageSchema(Schema):
    """The base of a page of a list; a subclass adds the `items`."""

    next_cursor = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The `cursor` of the next page, null on the last one"},
    )


class PageQuery(Schema):
    """The base of the parameters of a list; a subclass adds `sort` and the filters."""

    limit = fields.Integer(load_default=50, validate=Range(1, 100))
    cursor = fields.String(metadata={"description": "`next_cursor` of the last page"})
