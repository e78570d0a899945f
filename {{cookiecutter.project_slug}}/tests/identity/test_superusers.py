"""A service never loses its last active superuser by a request."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import text

from app.core.data.session import db
from app.core.identity import permissions
from app.core.web.blueprint import Blueprint
from tests.clients import sign_in, with_token

ENDS = [{"is_active": False}, {"is_superuser": False}, None]


def end(client: FlaskClient, other: FlaskClient, values: Any) -> int:
    """Let a client change the user of another one, or delete it; return the status."""
    user = other.get("/api/v1/auth/me")
    if user.status_code == 401:  # the other one was faster
        return 401
    url, headers = f"/api/v1/users/{user.json['id']}", {"If-Match": "*"}
    if values is None:
        return client.delete(url, headers=headers).status_code
    return client.patch(url, json=values, headers=headers).status_code


@pytest.mark.parametrize("values", ENDS)
def test_the_last_one_stays(app: Flask, client: FlaskClient, values: Any) -> None:
    assert end(client, client, values) == 409
    assert client.get("/api/v1/users/").status_code == 200
    other = sign_in(app, is_superuser=True)
    assert end(client, other, values) in {200, 204}
    sign_in(app, is_superuser=True, is_active=False)  # an inactive one does not count
    assert end(client, client, values) == 409


@pytest.mark.parametrize("values", ENDS)
def test_nobody_prevents_it_by_changes_of_its_own(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, values: Any
) -> None:
    check = Blueprint.check_etag

    def check_and_change(*arguments: Any) -> None:
        check(*arguments)
        db.session.execute(text("UPDATE users SET version = version + 1"))

    monkeypatch.setattr(Blueprint, "check_etag", check_and_change)
    assert end(client, sign_in(app, is_superuser=True), values) in {200, 204}


@pytest.mark.parametrize("values", ENDS)
def test_of_two_that_end_each_other_one_stays(
    empty: Flask, monkeypatch: pytest.MonkeyPatch, values: Any
) -> None:
    """Both have passed the check before one of them writes, unless a lock forbids it."""
    with empty.app_context():
        upgrade()
    one, two = (sign_in(empty, is_superuser=True) for _ in range(2))
    check, both = permissions.keep_a_superuser, Barrier(2)

    def check_and_meet(user: Any) -> None:
        check(user)
        with suppress(BrokenBarrierError):  # the other one waits for the lock
            both.wait(0.5)

    def again(client: FlaskClient) -> FlaskClient:
        return with_token(empty, client.environ_base["HTTP_AUTHORIZATION"][7:])

    monkeypatch.setattr(permissions, "keep_a_superuser", check_and_meet)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(end, again(one), two, values)
        second = pool.submit(end, again(two), one, values)
    ended = [done.result() in {200, 204} for done in (first, second)]
    assert sorted(ended) == [False, True]
    left = [again(client).get("/api/v1/auth/me").json for client in (one, two)]
    assert [user for user in left if user.get("is_superuser")]
