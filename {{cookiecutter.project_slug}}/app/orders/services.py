"""What can be done with orders; knows nothing of HTTP."""

from typing import Any
from uuid import UUID

from app.core import repository
from app.core.pagination import paginate
{% if cookiecutter.layout == "domain" %}

from .models import Order
{% else %}
from app.models.order import Order
{% endif %}


def list_orders(query: dict[str, Any]) -> dict[str, Any]:
    """Return one page; `query` is a loaded OrderQuery. Raises Invalid."""
    return paginate(Order, **query)


def get_order(order_id: UUID) -> Order:
    """Return an order. Raises NotFound."""
    return repository.get(Order, id=order_id)


def create_order(values: dict[str, Any]) -> Order:
    """Store a new order; `values` is a loaded OrderCreate."""
    return repository.save(Order(), values)


def update_order(order: Order, values: dict[str, Any]) -> Order:
    """Change an order; `values` is a loaded OrderUpdate."""
    return repository.save(order, values)


def delete_order(order: Order) -> None:
    """Delete an order. Raises Conflict while others refer to it."""
    repository.delete(order)
