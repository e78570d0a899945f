"""Makes users for tests."""

from itertools import count
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.database import Base

numbers = count()


def create_user(client: FlaskClient, **values: Any) -> TestResponse:
    """Create a user with these values and sensible other ones; return the answer."""
    body = {"email": f"user{next(numbers)}@example.com", "name": "Ada"} | values
    return client.post("/api/v1/users/", json=body)


def user_model() -> Any:
    """Return the model of users, wherever the layout keeps it."""
    models = {mapper.class_.__tablename__: mapper for mapper in Base.registry.mappers}
    return models["users"].class_
