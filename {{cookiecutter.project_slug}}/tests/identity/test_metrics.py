"""Metrics of signing in."""

from flask import Flask

from app.core.data.session import db
from tests.test_metrics import scrape

LOGIN = "/api/v1/auth/login"


def test_sign_ins_and_limits_are_counted(app: Flask, measured: Flask) -> None:
    with app.app_context():
        connection = db.engine  # of this test, which is rolled back
    with measured.app_context():
        db.engines[None] = connection
    measured.config["LOGIN_LIMIT"] = "2 per minute"
    client = measured.test_client()
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


def test_the_form_of_the_dashboard_counts(measured: Flask) -> None:
    form = "/dashboard/sign-in"
    assert measured.test_client().post(form, data={}).status_code == 401
    assert scrape(measured)["sign_ins_total", "wrong"] == 1
{% endif %}
