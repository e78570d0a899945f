"""The bases of the schemas of every resource."""

from typing import Any

import marshmallow.fields
from marshmallow import Schema
from marshmallow.validate import Range

from app.core.web import fields
from app.core.web.dump import DumpedSchema
from app.core.web.filters import OPERATORS


class RowSchema(DumpedSchema):
    """The base of what is shown of a row; its `version` counts the changes."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)


class PageSchema(Schema):
    """The base of a page of a list; a subclass adds the `items`."""

    next_cursor = marshmallow.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The `cursor` of the next page, null on the last one"},
    )


class PageQuery(Schema):
    """The base of the parameters of a list; a subclass adds `sort` and the filters."""

    limit = fields.Integer(
        load_default=50,
        validate=Range(1, 100),
        metadata={"description": "How many rows a page has"},
    )
    cursor = marshmallow.fields.String(
        metadata={"description": "`next_cursor` of the page before"}
    )
    created_after = fields.DateTime(attribute="created_at__after")
    created_before = fields.DateTime(attribute="created_at__before")

    def on_bind_field(self, field_name: str, field_obj: Any) -> None:
        """Say in the OpenAPI document what a filter means."""
        _, _, last = (field_obj.attribute or "").rpartition("__")
        if last in OPERATORS:
            fields.document(field_obj, description=OPERATORS[last][1])
        elif isinstance(field_obj, fields.List):
            fields.document(field_obj, description="Any of these")
