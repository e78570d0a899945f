{% set tab = "    " if cookiecutter.views == "classes" else "" %}
{% set values = ['"number": "aaaa",', '"total": "12.50",', '"user_id": "01890000-0000-7000-8000-000000000001",'] %}
{% set all = ["(", "    schemas.OrderCreate,", "    example={", "        " ~ values | join("\n        " ~ tab), "    },", ")"] | join("\n" ~ tab) %}
{% set own = '(schemas.OrderCreate, example={"number": "aaaa", "total": "12.50"})' %}
{% set room = "identity" if cookiecutter.auth == "jwt" else "web" %}
"""The endpoints of orders."""

from typing import Any
from uuid import UUID

{% if cookiecutter.views == "classes" %}
from flask.views import MethodView

{% endif %}
from app.core.{{ room }}.blueprint import Blueprint
{% if cookiecutter.layout == "domain" %}

from . import schemas, services
from .models import Order
{% else %}
from app.models.order import Order
from app.schemas import order as schemas
from app.services import order as services
{% endif %}

blp = Blueprint("orders", __name__, url_prefix="/orders", description="Orders")
{% if cookiecutter.views == "functions" %}


@blp.get("/")
@blp.arguments(schemas.OrderQuery, location="query")
@blp.response(200, schemas.OrderPage)
def list_orders(query: dict[str, Any]) -> dict[str, Any]:
    """List orders."""
    return services.list_orders(query)


@blp.post("/")
@blp.etag
@blp.arguments{{ own if room == "identity" else all }}
@blp.response(201, schemas.OrderRead)
def create_order(values: dict[str, Any]) -> Order:
    """Create an order."""
    return services.create_order(values)


@blp.get("/<uuid:order_id>")
@blp.etag
@blp.response(200, schemas.OrderRead)
def get_order(order_id: UUID) -> Order:
    """Get an order."""
    return services.get_order(order_id)


@blp.patch("/<uuid:order_id>")
@blp.etag
@blp.arguments(schemas.OrderUpdate)
@blp.response(200, schemas.OrderRead)
def update_order(values: dict[str, Any], order_id: UUID) -> Order:
    """Change an order."""
    order = services.get_order(order_id)
    blp.check_etag(order, schemas.OrderRead)
    return services.update_order(order, values)


@blp.delete("/<uuid:order_id>")
@blp.etag
@blp.response(204)
def delete_order(order_id: UUID) -> None:
    """Delete an order."""
    order = services.get_order(order_id)
    blp.check_etag(order, schemas.OrderRead)
    services.delete_order(order)
{% else %}


@blp.route("/")
class Orders(MethodView):
    """All orders."""

    @blp.arguments(schemas.OrderQuery, location="query")
    @blp.response(200, schemas.OrderPage)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List orders."""
        return services.list_orders(query)

    @blp.etag
    @blp.arguments{{ own if room == "identity" else all }}
    @blp.response(201, schemas.OrderRead)
    def post(self, values: dict[str, Any]) -> Order:
        """Create an order."""
        return services.create_order(values)


@blp.route("/<uuid:order_id>")
class OneOrder(MethodView):
    """One order."""

    @blp.etag
    @blp.response(200, schemas.OrderRead)
    def get(self, order_id: UUID) -> Order:
        """Get an order."""
        return services.get_order(order_id)

    @blp.etag
    @blp.arguments(schemas.OrderUpdate)
    @blp.response(200, schemas.OrderRead)
    def patch(self, values: dict[str, Any], order_id: UUID) -> Order:
        """Change an order."""
        order = services.get_order(order_id)
        blp.check_etag(order, schemas.OrderRead)
        return services.update_order(order, values)

    @blp.etag
    @blp.response(204)
    def delete(self, order_id: UUID) -> None:
        """Delete an order."""
        order = services.get_order(order_id)
        blp.check_etag(order, schemas.OrderRead)
        services.delete_order(order)
{% endif %}
