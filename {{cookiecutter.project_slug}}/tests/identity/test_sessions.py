"""Sign-ins (sessions): seen and ended by their owner, ended by superusers and by time."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text, update

from app.core.data.base import utc_now
from app.core.data.session import db
from app.core.identity import sign_ins
from app.core.identity.models import SignIn
from tests.clients import sign_in, with_token
from tests.users.factory import create_user

AUTH = "/api/v1/auth"
SIGN_INS = f"{AUTH}/sign-ins/"
PASSWORD = "a lovely long password"


def login(client: FlaskClient, email: str, address: str = "192.0.2.1") -> Any:
    """Sign in from an address; return the tokens."""
    body = {"email": email, "password": PASSWORD}
    environ = {"REMOTE_ADDR": address}
    return client.post(f"{AUTH}/login", json=body, environ_overrides=environ).json


def refresh(client: FlaskClient, token: str, address: str = "192.0.2.1") -> Any:
    """Use a refresh token from an address."""
    body = {"refresh_token": token}
    environ = {"REMOTE_ADDR": address}
    return client.post(f"{AUTH}/refresh", json=body, environ_overrides=environ)


@pytest.fixture
def email(client: FlaskClient) -> str:
    """Return the address of a user who can sign in."""
    return create_user(client, password=PASSWORD).json["email"]


def age(app: Flask, **times: Any) -> None:
    """Change every sign-in in the database."""
    with app.app_context():
        db.session.execute(update(SignIn).values(times))
        db.session.commit()


def test_list_and_end_ones_own(
    app: Flask, anonymous: FlaskClient, client: FlaskClient, email: str
) -> None:
    phone, laptop = login(anonymous, email), login(anonymous, email, "2001:db8::1")
    me = with_token(app, laptop["access_token"])
    listed = me.get(SIGN_INS).json["items"]
    assert [each["address"] for each in listed] == ["192.0.2.1", "2001:db8::1"]
    assert all("hash" not in key for each in listed for key in each)
    assert client.delete(SIGN_INS + listed[0]["id"]).status_code == 404  # another user
    assert me.delete(SIGN_INS + listed[0]["id"]).status_code == 204
    assert me.delete(SIGN_INS + listed[0]["id"]).status_code == 404
    assert len(me.get(SIGN_INS).json["items"]) == 1
    assert refresh(anonymous, phone["refresh_token"]).status_code == 401
    assert me.get(f"{AUTH}/me").status_code == 200


def test_superuser_ends_all_of_a_user(
    app: Flask, anonymous: FlaskClient, client: FlaskClient, email: str
) -> None:
    user = with_token(app, login(anonymous, email)["access_token"])
    url = f"{AUTH}/users/{user.get(f'{AUTH}/me').json['id']}/sign-ins"
    assert user.delete(url).status_code == 403
    assert client.delete(url).status_code == 204
    assert user.get(f"{AUTH}/me").status_code == 401


def test_absolute_lifetime(app: Flask, anonymous: FlaskClient, email: str) -> None:
    """However often it is refreshed, a sign-in ends."""
    first = login(anonymous, email)
    age(app, created_at=utc_now() - timedelta(days=89, hours=23))
    second = refresh(anonymous, first["refresh_token"]).json
    assert refresh(anonymous, second["refresh_token"]).status_code == 200
    age(app, expires_at=utc_now() - timedelta(seconds=1))
    client = with_token(app, second["access_token"])
    assert client.get(f"{AUTH}/me").status_code == 401
    with app.app_context():
        sign_in = db.session.query(SignIn).order_by(SignIn.id.desc()).first()
        assert sign_in.expires_at - sign_in.created_at <= timedelta(days=90)


def test_lost_answer_may_be_asked_for_again(
    app: Flask, anonymous: FlaskClient, email: str
) -> None:
    """The same refresh token comes again, so that only one is good."""
    first = login(anonymous, email)["refresh_token"]
    lost = refresh(anonymous, first).json["refresh_token"]
    again = refresh(anonymous, first)
    assert again.status_code == 200
    assert again.json["refresh_token"] == lost
    assert refresh(anonymous, lost).status_code == 200
    assert refresh(anonymous, first).status_code == 401  # two steps behind: theft
    assert refresh(anonymous, lost).status_code == 401


def test_answer_that_arrived_is_not_repeated(
    app: Flask, anonymous: FlaskClient, email: str
) -> None:
    """A thief in the same network cannot follow a client that uses its new tokens."""
    first = login(anonymous, email)
    newest = refresh(anonymous, first["refresh_token"]).json
    older = with_token(app, first["access_token"])
    assert older.get(f"{AUTH}/me").status_code == 200  # and it says nothing of the new
    assert refresh(anonymous, first["refresh_token"]).status_code == 200
    client = with_token(app, newest["access_token"])
    assert client.get(f"{AUTH}/me").status_code == 200
    assert refresh(anonymous, first["refresh_token"]).status_code == 401
    assert client.get(f"{AUTH}/me").status_code == 401  # theft has ended the sign-in


def test_sign_in_cannot_be_shared_by_repeats(
    anonymous: FlaskClient, email: str
) -> None:
    """A thief in the same network, always seconds before the client, is found out."""
    first = login(anonymous, email)["refresh_token"]
    second = refresh(anonymous, first).json["refresh_token"]
    for _ in range(2):  # an answer may be lost several times
        assert refresh(anonymous, first).json["refresh_token"] == second
    third = refresh(anonymous, second).json["refresh_token"]
    assert refresh(anonymous, second).status_code == 401
    assert refresh(anonymous, third).status_code == 401


def test_refresh_while_the_user_is_deleted(
    anonymous: FlaskClient, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, find = login(anonymous, email)["refresh_token"], sign_ins.find

    def find_and_delete(claims: dict[str, Any]) -> Any:
        found = find(claims)
        db.session.execute(text("DELETE FROM sign_ins"))
        return found

    monkeypatch.setattr(sign_ins, "find", find_and_delete)
    assert refresh(anonymous, token).status_code == 401


def test_answers_may_be_lost_now_and_then(anonymous: FlaskClient, email: str) -> None:
    token = login(anonymous, email)["refresh_token"]
    for _ in range(3):
        refresh(anonymous, token)
        token = refresh(anonymous, token).json["refresh_token"]
        token = refresh(anonymous, token).json["refresh_token"]
    assert refresh(anonymous, token).status_code == 200


def test_another_place_may_not_repeat(anonymous: FlaskClient, email: str) -> None:
    first = login(anonymous, email)["refresh_token"]
    newest = refresh(anonymous, first).json["refresh_token"]
    assert refresh(anonymous, first, "198.51.100.1").status_code == 401
    assert refresh(anonymous, newest).status_code == 401


def test_repeat_is_for_some_seconds(
    app: Flask, anonymous: FlaskClient, email: str
) -> None:
    first = login(anonymous, email)["refresh_token"]
    newest = refresh(anonymous, first).json["refresh_token"]
    age(app, used_at=utc_now() - timedelta(seconds=11))
    assert refresh(anonymous, first).status_code == 401
    assert refresh(anonymous, newest).status_code == 401


def test_sign_ins_and_failures_are_logged_by_id(
    anonymous: FlaskClient,
    client: FlaskClient,
    email: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    user_id = client.get(f"/api/v1/users/lookup?email={email}").json["id"]
    with caplog.at_level("INFO"):
        login(anonymous, email)
        body = {"email": email, "password": "wrong"}
        anonymous.post(f"{AUTH}/login", json=body)
        anonymous.post(f"{AUTH}/login", json=body | {"email": "nobody@example.com"})
    assert f"User {user_id} signed in." in caplog.text
    assert f"Sign-in of user {user_id} failed." in caplog.text
    assert email not in caplog.text
    assert "nobody@example.com" not in caplog.text


def test_change_of_privileges_is_logged(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    me = client.get(f"{AUTH}/me").json["id"]
    other = sign_in(app).get(f"{AUTH}/me")
    url, headers = f"/api/v1/users/{other.json['id']}", {"If-Match": "*"}
    with caplog.at_level("INFO"):
        client.patch(url, json={"is_superuser": True}, headers=headers)
    line = f"is_superuser of user {other.json['id']} is True now, by user {me}."
    assert line in caplog.text


def test_what_happens_to_an_account_is_logged(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    me = client.get(f"{AUTH}/me").json["id"]
    body = {"email": "new@example.com", "name": "New", "is_superuser": True}
    with caplog.at_level("INFO"):
        user_id = client.post("/api/v1/users/", json=body).json["id"]
        url, headers = f"/api/v1/users/{user_id}", {"If-Match": "*"}
        client.patch(url, json={"email": "newer@example.com"}, headers=headers)
        client.delete(url, headers=headers)
    for event in (
        f"is_superuser of user {user_id} is True now",
        f"The address of user {user_id} was changed",
        f"User {user_id} was deleted",
    ):
        assert f"{event}, by user {me}." in caplog.text
