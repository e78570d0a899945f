"""Makes orders for tests."""

from itertools import count
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse
{% if cookiecutter.auth == "none" %}

from tests.users.factory import create_user
{% endif %}

numbers = count(1)


def create_order(client: FlaskClient, **values: Any) -> TestResponse:
    """Create an order with these values and sensible other ones; return the answer."""
    body: dict[str, Any] = {
        "number": str(next(numbers)),
        "total": "12.50",
    } | values
{% if cookiecutter.auth == "none" %}
    if "user_id" not in body:
        body["user_id"] = create_user(client).json["id"]
{% endif %}
    return client.post("/api/v1/orders/", json=body)
