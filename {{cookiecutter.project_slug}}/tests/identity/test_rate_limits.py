"""Rate limits: who is counted as one, and that counting is exact."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade

from app.core.identity.rate_limits import network_of
from tests.users.factory import create_user

LOGIN = "/api/v1/auth/login"
PASSWORD = "a lovely long password"


def login(client: FlaskClient, email: str, password: str, address: str) -> int:
    """Sign in from an address; return the status of the answer."""
    body = {"email": email, "password": password}
    environ = {"REMOTE_ADDR": address}
    return client.post(LOGIN, json=body, environ_overrides=environ).status_code


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("[::ffff:192.0.2.1]:80", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:0001:0002::", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unreadable"),
        ("unknown", "unreadable"),
        ("999.1.1.1", "unreadable"),
    ],
)
def test_one_origin_has_one_key(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_stranger_does_not_lock_the_owner_out(
    app: Flask,
    client: FlaskClient,
    anonymous: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(app.config, "LOGIN_FAILURE_LIMIT", "3 per hour")
    email = create_user(client, password=PASSWORD).json["email"]
    statuses = [login(anonymous, email, "wrong", "192.0.2.66") for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    assert login(anonymous, email, PASSWORD, "192.0.2.66") == 429
    assert login(anonymous, email, PASSWORD, "192.0.2.1") == 200


def test_guesses_from_many_places_are_limited_too(
    app: Flask,
    client: FlaskClient,
    anonymous: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(app.config, "LOGIN_ACCOUNT_LIMIT", "4 per hour")
    email = create_user(client, password=PASSWORD).json["email"]
    places = [f"2001:db8:{number}::1" for number in range(6)]
    statuses = [login(anonymous, email, "wrong", place) for place in places]
    assert statuses == [401] * 4 + [429] * 2
    other = create_user(client, password=PASSWORD).json["email"]
    assert login(anonymous, other, PASSWORD, places[0]) == 200


def test_right_passwords_are_not_counted(
    app: Flask,
    client: FlaskClient,
    anonymous: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(app.config, "LOGIN_FAILURE_LIMIT", "2 per hour")
    email = create_user(client, password=PASSWORD).json["email"]
    statuses = [login(anonymous, email, PASSWORD, "192.0.2.1") for _ in range(5)]
    assert statuses == [200] * 5


def test_many_guesses_at_once_are_counted_exactly(empty: Flask) -> None:
    """Of accounts that do not exist as well, each for itself, in threads."""
    empty.config["LOGIN_FAILURE_LIMIT"] = "5 per hour"
    with empty.app_context():
        upgrade()
    guesses = [(f"user{number % 3}@example.com", number) for number in range(36)]

    def guess(item: tuple[str, int]) -> tuple[str, int]:
        email, _ = item
        return email, login(empty.test_client(), email, "wrong", "192.0.2.1")

    with ThreadPoolExecutor(8) as pool:
        statuses: Any = Counter(pool.map(guess, guesses))
    for number in range(3):
        assert statuses[f"user{number}@example.com", 401] == 5
        assert statuses[f"user{number}@example.com", 429] == 7


def test_closed_registration_and_limits_come_before_the_body(
    app: Flask, anonymous: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def post(path: str) -> int:
        answer = anonymous.post(path, data=b"{", content_type="application/json")
        return answer.status_code

    monkeypatch.setitem(app.config, "LOGIN_LIMIT", "1 per hour")
    assert [post(LOGIN), post(LOGIN)] == [400, 429]
    monkeypatch.setitem(app.config, "REGISTRATION_ENABLED", False)
    assert post("/api/v1/auth/register") == 403
