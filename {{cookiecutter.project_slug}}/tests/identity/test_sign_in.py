"""Signing up, in and out; refreshing; and what ends it."""

import time
from concurrent.futures import ThreadPoolExecutor
from secrets import token_urlsafe
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import update
from werkzeug.test import TestResponse

from app.core.data.base import utc_now
from app.core.data.session import db
from app.core.identity import passwords
from app.core.identity.models import SignIn
from tests.clients import with_token
from tests.users.factory import create_user

AUTH = "/api/v1/auth"
ADA = {"email": "ada@example.com", "password": "a lovely long password"}


def register(client: FlaskClient) -> TestResponse:
    """Register Ada."""
    return client.post(f"{AUTH}/register", json=ADA | {"name": "Ada"})


def login(client: FlaskClient, **values: Any) -> TestResponse:
    """Sign in as Ada, or as these values say."""
    return client.post(f"{AUTH}/login", json=ADA | values)


def refresh(client: FlaskClient, issued: dict[str, Any]) -> TestResponse:
    """Use a refresh token."""
    body = {"refresh_token": issued["refresh_token"]}
    return client.post(f"{AUTH}/refresh", json=body)


def is_good(app: Flask, issued: dict[str, Any]) -> bool:
    """Tell whether an access token is accepted."""
    answer = with_token(app, issued["access_token"]).get(f"{AUTH}/me")
    assert answer.status_code in {200, 401}
    return answer.status_code == 200


@pytest.fixture
def ada(app: Flask, anonymous: FlaskClient) -> FlaskClient:
    """Return a client of Ada, who has registered and signed in."""
    register(anonymous)
    return with_token(app, login(anonymous).json["access_token"])


def test_register_and_sign_in(app: Flask, anonymous: FlaskClient) -> None:
    registered = register(anonymous)
    assert registered.status_code == 201
    assert "password" not in registered.text
    answer = login(anonymous, email="ADA@example.com")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", 900)
    client = with_token(app, answer.json["access_token"])
    me = client.get(f"{AUTH}/me")
    assert me.json == registered.json
    assert me.json["is_superuser"] is False
    same = client.get(registered.headers["Location"])
    assert same.headers["ETag"] == me.headers["ETag"]


def test_registering_is_no_way_to_more(anonymous: FlaskClient) -> None:
    for extra in ({"is_superuser": True}, {"is_active": True}, {"id": "1"}):
        body = ADA | {"name": "Ada"} | extra
        answer = anonymous.post(f"{AUTH}/register", json=body)
        assert answer.status_code == 422
    register(anonymous)
    assert register(anonymous).status_code == 409


def test_registration_can_be_closed(
    app: Flask, anonymous: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "REGISTRATION_ENABLED", False)
    assert register(anonymous).status_code == 403


def test_nobody_learns_who_has_an_account(anonymous: FlaskClient) -> None:
    register(anonymous)
    wrong = login(anonymous, password="wrong password")
    unknown = login(anonymous, email="nobody@example.com")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json | {"request_id": ""} == unknown.json | {"request_id": ""}
    assert wrong.headers["WWW-Authenticate"] == "Bearer, ApiKey"


def test_refresh_token_can_be_used_once(app: Flask, anonymous: FlaskClient) -> None:
    register(anonymous)
    first, other = login(anonymous).json, login(anonymous).json
    second = refresh(anonymous, first)
    assert second.status_code == 200
    third = refresh(anonymous, second.json).json
    assert is_good(app, third)
    assert refresh(anonymous, first).status_code == 401  # it is in two hands
    assert refresh(anonymous, third).status_code == 401
    assert not is_good(app, third)
    assert is_good(app, other)  # another sign-in


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "\u00e9"])
def test_bad_refresh_tokens(anonymous: FlaskClient, token: str) -> None:
    assert refresh(anonymous, {"refresh_token": token}).status_code == 401


def test_access_token_refreshes_nothing(anonymous: FlaskClient) -> None:
    register(anonymous)
    issued = login(anonymous).json
    token = {"refresh_token": issued["access_token"]}
    assert refresh(anonymous, token).status_code == 401
    assert refresh(anonymous, issued).status_code == 200


def test_of_many_refreshes_one_wins(empty: Flask) -> None:
    empty.config["REFRESH_REPEAT_SECONDS"] = 0
    with empty.app_context():
        upgrade()
    client = empty.test_client()
    register(client)
    issued = login(client).json

    def use(_: int) -> int:
        return refresh(empty.test_client(), issued).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(use, range(8))) == [200] + [401] * 7


def test_sign_out(app: Flask, anonymous: FlaskClient) -> None:
    register(anonymous)
    one, other = login(anonymous).json, login(anonymous).json
    client = with_token(app, one["access_token"])
    assert client.post(f"{AUTH}/logout").status_code == 204
    assert client.post(f"{AUTH}/logout").status_code == 401
    assert refresh(anonymous, one).status_code == 401
    assert is_good(app, other)


def end_everywhere(app: Flask, ada: FlaskClient, client: FlaskClient) -> None:
    ada.post(f"{AUTH}/logout?everywhere=true")


def end_by_new_password(app: Flask, ada: FlaskClient, client: FlaskClient) -> None:
    new = "another lovely password"
    body = {"current_password": ADA["password"], "new_password": new}
    assert ada.post(f"{AUTH}/password", json=body).status_code == 204
    assert login(app.test_client()).status_code == 401
    assert login(app.test_client(), password=new).status_code == 200


def end_by_deactivation(app: Flask, ada: FlaskClient, client: FlaskClient) -> None:
    change(ada, client, {"is_active": False})
    assert login(app.test_client()).status_code == 401
    change(ada, client, {"is_active": True})  # what was ended stays ended


def end_by_deletion(app: Flask, ada: FlaskClient, client: FlaskClient) -> None:
    url, headers = target(client)
    assert client.delete(url, headers=headers).status_code == 204


def change(ada: FlaskClient, client: FlaskClient, values: dict[str, Any]) -> None:
    """Change Ada's account, as a superuser."""
    url, headers = target(client)
    assert client.patch(url, json=values, headers=headers).status_code == 200


def target(client: FlaskClient) -> tuple[str, dict[str, str]]:
    """Return the address of Ada's account, and the header that changes it."""
    user = client.get(f"/api/v1/users/lookup?email={ADA['email']}")
    return f"/api/v1/users/{user.json['id']}", {"If-Match": user.headers["ETag"]}


def end_while_signing_in(app: Flask, ada: FlaskClient, client: FlaskClient) -> None:
    """Change the password while the old one is being compared."""
    matches = passwords.matches

    def slow(password: str, stored: str | None) -> bool:
        found = matches(password, stored)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(passwords, "matches", matches)
            end_by_new_password(app, ada, client)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "matches", slow)
        assert login(app.test_client()).status_code == 401


ENDS = [end_everywhere, end_by_new_password, end_by_deactivation, end_by_deletion]
ENDS += [end_while_signing_in]


@pytest.mark.parametrize("end", ENDS)
def test_what_ends_every_sign_in(
    app: Flask, ada: FlaskClient, client: FlaskClient, anonymous: FlaskClient, end: Any
) -> None:
    others = [login(anonymous).json for _ in range(2)]
    end(app, ada, client)
    assert ada.get(f"{AUTH}/me").status_code == 401
    assert not any(is_good(app, issued) for issued in others)
    assert {refresh(anonymous, issued).status_code for issued in others} == {401}


def test_ended_sign_in_is_told_by_its_column(
    app: Flask, ada: FlaskClient, anonymous: FlaskClient
) -> None:
    issued = login(anonymous).json
    with app.app_context():
        db.session.execute(update(SignIn).values(ended_at=utc_now()))
        db.session.commit()
    assert ada.get(f"{AUTH}/me").status_code == 401
    assert refresh(anonymous, issued).status_code == 401


def test_own_address_changes_with_the_password(
    ada: FlaskClient, client: FlaskClient
) -> None:
    """Who has found a token must not take the account over; superusers may help."""
    me = ada.get(f"{AUTH}/me")
    url, headers = f"/api/v1/users/{me.json['id']}", {"If-Match": "*"}
    new = {"email": "lovelace@example.com"}
    for password in ({}, {"current_password": "wrong"}):
        answer = ada.patch(url, json=new | password, headers=headers)
        assert answer.status_code == 422
        assert [e["field"] for e in answer.json["errors"]] == ["current_password"]
    right = new | {"current_password": ADA["password"]}
    changed = ada.patch(url, json=right, headers=headers)
    assert changed.json["email"] == "lovelace@example.com"
    assert "current_password" not in changed.json
    other = {"email": "countess@example.com"}
    assert client.patch(url, json=other, headers=headers).status_code == 200


def test_password_change_needs_the_old_one(ada: FlaskClient) -> None:
    body = {"current_password": "wrong", "new_password": "another lovely password"}
    assert ada.post(f"{AUTH}/password", json=body).status_code == 422
    assert ada.get(f"{AUTH}/me").status_code == 200


def test_secret_can_be_changed(
    app: Flask,
    ada: FlaskClient,
    anonymous: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old, issued = app.config["SECRET_KEY"], login(anonymous).json
    assert ada.get(f"{AUTH}/me").status_code == 200
    monkeypatch.setitem(app.config, "SECRET_KEY", token_urlsafe(32))
    assert ada.get(f"{AUTH}/me").status_code == 401
    monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", (old,))
    assert ada.get(f"{AUTH}/me").status_code == 200
    newer = refresh(anonymous, issued).json
    monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", ())
    assert is_good(app, newer)
    assert ada.get(f"{AUTH}/me").status_code == 401


def test_token_that_was_good_expires(
    ada: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ada.get(f"{AUTH}/me").status_code == 200
    later = time.time() + 900
    monkeypatch.setattr(time, "time", lambda: later)
    assert ada.get(f"{AUTH}/me").status_code == 401


def test_token_is_one_query(ada: FlaskClient, selects: list[str]) -> None:
    selects.clear()
    assert ada.get(f"{AUTH}/me").status_code == 200
    assert len(selects) == 1


def test_users_see_and_change_only_themselves(
    ada: FlaskClient, client: FlaskClient
) -> None:
    me = ada.get(f"{AUTH}/me")
    assert ada.get("/api/v1/users/").json["items"] == [me.json]
    url, headers = f"/api/v1/users/{me.json['id']}", {"If-Match": me.headers["ETag"]}
    for values in ({"is_superuser": True}, {"is_active": False}):
        assert ada.patch(url, json=values, headers=headers).status_code == 403
    assert ada.patch(url, json={"name": "A"}, headers=headers).status_code == 200
    other = create_user(client)
    assert ada.get(other.headers["Location"]).status_code == 404
    email = other.json["email"]
    assert ada.get(f"/api/v1/users/lookup?email={email}").status_code == 404
    assert create_user(ada).status_code == 403
    assert ada.delete(url, headers=headers).status_code == 403


def test_too_many_failures_lock_for_a_while(
    app: Flask, anonymous: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "LOGIN_FAILURE_LIMIT", "3 per 2 seconds")
    register(anonymous)
    time.sleep(2 - time.time() % 2)  # to the begin of a period
    wrong = [login(anonymous, password="wrong").status_code for _ in range(4)]
    assert wrong == [401, 401, 401, 429]
    locked = login(anonymous)
    assert locked.status_code == 429
    assert 1 <= int(locked.headers["Retry-After"]) <= 3
    assert login(anonymous, email="x@example.com").status_code == 401  # another one
    time.sleep(2.1)
    assert login(anonymous).status_code == 200


def test_sign_ins_of_an_address_are_limited(
    app: Flask, anonymous: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "LOGIN_LIMIT", "2 per minute")
    statuses = [login(anonymous).status_code for _ in range(3)]
    assert statuses == [401, 401, 429]
