"""What requests and answers say about orders."""

from marshmallow import Schema
from marshmallow.validate import Length

from app.core import fields
from app.core.schemas import PageQuery, PageSchema, RowSchema
{% if cookiecutter.layout == "domain" %}

from .models import Order, OrderStatus
{% else %}
from app.models.order import Order, OrderStatus
{% endif %}
{% if cookiecutter.auth == "jwt" %}

# The least that a new order of the caller needs.
EXAMPLE = {"number": "aaaa", "total": "12.50"}
{% endif %}


class OrderCreate(Schema):
    """What a new order needs."""

    number = fields.String(required=True, validate=Length(min=1, max=40))
    status = fields.Enum(OrderStatus, load_default=OrderStatus.PENDING)
    total = fields.Money(required=True)
{% if cookiecutter.auth == "jwt" %}
    user_id = fields.UUID()
{% else %}
    user_id = fields.UUID(required=True)
{% endif %}


class OrderUpdate(Schema):
    """What can be changed of an order; what is left out stays."""

    number = fields.String(validate=Length(min=1, max=40))
    status = fields.Enum(OrderStatus)
    total = fields.Money()
    user_id = fields.UUID()


class OrderRead(RowSchema):
    """What is shown of an order."""

    number = fields.String(required=True)
    status = fields.Enum(OrderStatus, required=True)
    total = fields.Money(required=True)
    user_id = fields.UUID(required=True)


class OrderPage(PageSchema):
    """One page of the list of orders."""

    items = fields.List(fields.Nested(OrderRead), required=True)


class OrderQuery(PageQuery):
    """Which orders a list has, and in which order."""

    sort = fields.Sort(Order)
    number = fields.String(validate=Length(min=1, max=40))
    status = fields.Enum(OrderStatus)
    user_id = fields.UUID()
