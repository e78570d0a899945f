{% set models = "\nfrom .models" if cookiecutter.layout == "domain" else "from app.models.order" %}
{% set jwt = cookiecutter.auth == "jwt" %}
{% set visible, raises = ("permissions.own(Order.user_id), ", " Raises Forbidden.") if jwt else ("", "") %}
"""What can be done with orders; knows nothing of HTTP."""

from typing import Any
from uuid import UUID

from app.core.data import repository
{% if jwt %}
from app.core.identity import permissions
{% endif %}
from app.core.web.pagination import paginate
{{ models }} import Order


def list_orders(query: dict[str, Any]) -> dict[str, Any]:
    """Return one page; `query` is a loaded OrderQuery. Raises Invalid."""
    return paginate(Order, {{ visible }}**query)


def get_order(order_id: UUID) -> Order:
    """Return an order. Raises NotFound."""
    return repository.get(Order, {{ visible }}id=order_id)


def create_order(values: dict[str, Any]) -> Order:
    """Store a new order; `values` is a loaded OrderCreate.{{ raises }}"""
{% if jwt %}
    values = {"user_id": permissions.caller().id} | values
    permissions.check_owner(values["user_id"], "user_id")
{% endif %}
    return repository.save(Order(), values)


def update_order(order: Order, values: dict[str, Any]) -> Order:
    """Change an order; `values` is a loaded OrderUpdate.{{ raises }}"""
{% if jwt %}
    permissions.check_owner(values.get("user_id", order.user_id), "user_id")
{% endif %}
    return repository.save(order, values)


def delete_order(order: Order) -> None:
    """Delete an order. Raises Conflict while others refer to it."""
    repository.delete(order)
