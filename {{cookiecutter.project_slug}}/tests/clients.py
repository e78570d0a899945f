"""Clients of the service that are signed in."""

from itertools import count
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app.core.data.session import db
from app.core.identity import services
{% if cookiecutter.layout == "domain" %}
from app.users.models import User
{% else %}
from app.models.user import User
{% endif %}

numbers = count()
CLIENT = {"address": "127.0.0.1", "user_agent": "tests"}


def sign_in(app: Flask, **values: Any) -> FlaskClient:
    """Return a client of a new user with these values."""
    values = {"email": f"client{next(numbers)}@example.com", "name": "Client"} | values
    with app.app_context():
        user = User(**values)
        db.session.add(user)
        db.session.flush()
        token = services.start(user, CLIENT)["access_token"]
    return with_token(app, token)


def with_token(app: Flask, token: str) -> FlaskClient:
    """Return a client that sends a token."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


def with_key(app: Flask, key: str) -> FlaskClient:
    """Return a client that sends an API key."""
    client = app.test_client()
    client.environ_base["HTTP_X_API_KEY"] = key
    return client
