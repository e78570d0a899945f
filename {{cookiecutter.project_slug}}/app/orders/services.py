"""What can be done with orders; knows nothing of HTTP."""

from typing import Any
from uuid import UUID

{% if cookiecutter.auth == "jwt" %}
from app.core import repository, security
{% else %}
from app.core import repository
{% endif %}
from app.core.pagination import paginate
{% if cookiecutter.layout == "domain" %}

from .models import Order
{% else %}
from app.models.order import Order
{% endif %}


def list_orders(query: dict[str, Any]) -> dict[str, Any]:
    """Return one page; `query` is a loaded OrderQuery. Raises Invalid."""
{% if cookiecutter.auth == "jwt" %}
    return paginate(Order, security.own(Order.user_id), **query)
{% else %}
    return paginate(Order, **query)
{% endif %}


def get_order(order_id: UUID) -> Order:
    """Return an order. Raises NotFound."""
{% if cookiecutter.auth == "jwt" %}
    return repository.get(Order, security.own(Order.user_id), id=order_id)
{% else %}
    return repository.get(Order, id=order_id)
{% endif %}


def create_order(values: dict[str, Any]) -> Order:
{% if cookiecutter.auth == "jwt" %}
    """Store a new order; `values` is a loaded OrderCreate. Raises Forbidden."""
    values = {"user_id": security.caller().id} | values
    security.check_owner(values["user_id"], "user_id")
    return repository.save(Order(), values)
{% else %}
    """Store a new order; `values` is a loaded OrderCreate."""
    return repository.save(Order(), values)
{% endif %}


def update_order(order: Order, values: dict[str, Any]) -> Order:
{% if cookiecutter.auth == "jwt" %}
    """Change an order; `values` is a loaded OrderUpdate. Raises Forbidden."""
    security.check_owner(values.get("user_id", order.user_id), "user_id")
    return repository.save(order, values)
{% else %}
    """Change an order; `values` is a loaded OrderUpdate."""
    return repository.save(order, values)
{% endif %}


def delete_order(order: Order) -> None:
    """Delete an order. Raises Conflict while others refer to it."""
    repository.delete(order)
