"""Makes users for tests."""

from itertools import count
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

numbers = count()


def create_user(client: FlaskClient, **values: Any) -> TestResponse:
    """Create a user with these values and sensible other ones; return the answer."""
    body = {"email": f"user{next(numbers)}@example.com", "name": "Ada"} | values
    return client.post("/api/v1/users/", json=body)
