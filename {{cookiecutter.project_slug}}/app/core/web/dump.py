"""Writes rows as marshmallow does, but asks each field only once how it writes.

Marshmallow goes through six calls for each value. What decides them is the same for every
row, for the fields below; other fields, and objects that are no rows, are left to it.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from marshmallow import Schema, fields, missing
from marshmallow.utils import ensure_text_type

from app.core.data.base import Base

Write = Callable[[Any], Any]  # of a value that is not None


class DumpedSchema(Schema):
    """The base of schemas whose objects are rows."""

    def _init_fields(self) -> None:
        super()._init_fields()
        usual = type(self).get_attribute is Schema.get_attribute
        self._writers = [
            (field.data_key or name, name, field, writer(field) if usual else None)
            for name, field in self.dump_fields.items()
        ]

    def _serialize(self, obj: Any, *, many: bool = False) -> Any:
        if many or not isinstance(obj, Base):
            return super()._serialize(obj, many=many)
        written = self.dict_class()
        loaded = vars(obj)  # where SQLAlchemy's attributes look, too
        for key, name, field, write in self._writers:
            value = loaded.get(name, missing)
            if write is None or value is missing:
                value = field.serialize(name, obj, accessor=self.get_attribute)
            elif value is not None:
                value = write(value)
            if value is not missing:
                written[key] = value
        return written


def writer(field: Any) -> Write | None:
    """Return what writes a value as the field does, None where only the field knows."""
    kind, usual = type(field), fields.Field
    how = kind._serialize
    asked = (kind.get_value, kind.serialize) == (usual.get_value, usual.serialize)
    if not asked or field.attribute or not field._CHECK_ATTRIBUTE:
        return None
    if how == usual._serialize:
        return unchanged
    if how == fields.UUID._serialize:
        return str
    if how == fields.String._serialize:
        return ensure_text_type
    if how == fields.DateTime._serialize:
        times: dict[str, Write] = field.SERIALIZATION_FUNCS
        return times.get(field.format or field.DEFAULT_FORMAT)
    if how == fields.Enum._serialize and field.by_value:
        write = writer(field.field)
        return write and (lambda member: write(member.value))
    if how == fields.Number._serialize:
        return number_writer(field)
    return None


def number_writer(field: Any) -> Write | None:
    """Return what writes a number as the field does."""
    ours = type(field)._format_num, type(field)._to_string
    if ours[0] == fields.Number._format_num and not field.as_string:
        return field.num_type  # type: ignore[no-any-return]
    exact = fields.Decimal._format_num, fields.Decimal._to_string
    if ours != exact or field.places is None or not field.as_string:
        return None

    def write(value: Any) -> Any:
        if type(value) is Decimal and value.is_finite():
            return format(value.quantize(field.places, field.rounding), "f")
        return field._serialize(value, "", None)

    return write


def unchanged(value: Any) -> Any:
    """Return the value."""
    return value
