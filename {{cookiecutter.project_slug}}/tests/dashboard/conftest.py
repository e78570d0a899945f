"""Fixtures for tests of the dashboard."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
{% if cookiecutter.auth == "jwt" %}
from app.core.data.base import utc_now
from app.core.identity import browser_session, tokens
from app.settings import load_settings
from tests.clients import sign_in
{% else %}
from app.settings import load_settings
{% endif %}

CALLBACKS = "/dashboard/_dash-update-component"


@pytest.fixture(autouse=True)
def _ask_anew(app: Flask) -> None:
    """Forget the answers that are kept for some seconds."""
    app.extensions.pop("dashboard", None)


@pytest.fixture
def viewer(app: Flask) -> FlaskClient:
    """Return a client that may see the dashboard."""
{% if cookiecutter.auth == "jwt" %}
    signed_in = sign_in(app, is_superuser=True)
    token = signed_in.environ_base["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    client = app.test_client()
    with app.app_context():
        claims = tokens.decode(token, tokens.ACCESS)
        expires_at = utc_now() + browser_session.LIFETIME
        ids = {name: claims[name] for name in ("sub", "sid")}
        cookie = tokens.encode(browser_session.KIND, expires_at, **ids)
        client.set_cookie(browser_session.cookie()["key"], cookie)
    return client
{% else %}
    return app.test_client()
{% endif %}


def other(app: Flask, **settings: Any) -> Flask:
    """Make another application, with other settings, in this process."""
    url = app.config["DATABASE_URL"]
    return create_app(replace(load_settings(), DATABASE_URL=url, **settings))


def call(client: FlaskClient, *outputs: str, search: Any = "") -> TestResponse:
    """Call back for outputs, as `orders.children`, as a browser does."""
    names = [output.split(".") for output in outputs]
    targets = [{"id": name, "property": kind} for name, kind in names]
    many = len(outputs) > 1
    body: dict[str, Any] = {
        "output": f"..{'...'.join(outputs)}.." if many else outputs[0],
        "outputs": targets if many else targets[0],
        "inputs": [
            {"id": "url", "property": "search", "value": search},
            {"id": "clock", "property": "n_intervals", "value": 0},
        ],
        "changedPropIds": ["url.search"],
    }
    return client.post(CALLBACKS, json=body)


def texts(component: Any) -> list[str]:
    """Return the texts of a component, as JSON, in their order."""
    if isinstance(component, list):
        return [text for each in component for text in texts(each)]
    if isinstance(component, dict):
        return texts(component.get("props", {}).get("children"))
    return [] if component is None else [str(component)]
