"""Metrics of signing in."""

from flask import Flask
from flask.testing import FlaskClient

from app.core.data.session import db
from tests.test_metrics import scrape
{% if cookiecutter.dashboard == "dash" %}
from tests.users.factory import create_user
{% endif %}

LOGIN = "/api/v1/auth/login"


def client_of(measured: Flask, app: Flask) -> FlaskClient:
    """Return a client of the measured service, in the transaction of the test."""
    with app.app_context():
        connection = db.engine
    with measured.app_context():
        db.engines[None] = connection
    return measured.test_client()


def test_sign_ins_and_limits_are_counted(app: Flask, measured: Flask) -> None:
    measured.config["LOGIN_LIMIT"] = "2 per minute"
    client = client_of(measured, app)
    body = {"email": "nobody@example.com", "password": "a lovely password"}
    answers = [client.post(LOGIN, json=body).status_code for _ in range(3)]
    assert answers == [401, 401, 429]
    assert client.options(LOGIN).status_code == 200  # is no attempt
    found = scrape(measured)
    expected = {"success": 0, "wrong": 2, "unverified": 0, "limited": 1}
    for outcome, number in expected.items():
        assert found["sign_ins_total", outcome] == number
    assert found["rate_limited_requests_total", LOGIN] == 1
{% if cookiecutter.dashboard == "dash" %}


def test_the_form_of_the_dashboard_counts(
    app: Flask, measured: Flask, client: FlaskClient
) -> None:
    form, browser = "/dashboard/sign-in", client_of(measured, app)
    assert browser.post(form, data={}).status_code == 401
    values = {"email": "boss@example.com", "password": "a lovely password"}
    create_user(client, **values, is_superuser=True)
    assert browser.post(form, data=values).status_code == 303
    found = scrape(measured)
    assert found["sign_ins_total", "wrong"] == 1
    assert found["sign_ins_total", "success"] == 1
{% endif %}
