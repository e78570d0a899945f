{% set models = "\nfrom .models" if cookiecutter.layout == "domain" else "from app.models.order" %}
"""What requests and answers say about orders."""

from marshmallow import Schema
from marshmallow.validate import Length

from app.core.web import fields
from app.core.web.schemas import PageQuery, PageSchema, RowSchema
{{ models }} import Order, OrderStatus


class OrderCreate(Schema):
    """What a new order needs."""

    number = fields.String(required=True, validate=Length(min=1, max=40))
    status = fields.Enum(OrderStatus, load_default=OrderStatus.PENDING)
    total = fields.Money(required=True)
    user_id = fields.UUID({{ "" if cookiecutter.auth == "jwt" else "required=True" }})


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
    q = fields.Search("number")
    number = fields.List(fields.String(validate=Length(min=1, max=40)))
    status = fields.List(fields.Enum(OrderStatus))
    total_min = fields.Money(attribute="total__min")
    total_max = fields.Money(attribute="total__max")
    user_id = fields.List(fields.UUID())
