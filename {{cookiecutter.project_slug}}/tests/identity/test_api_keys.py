"""API keys: what a machine can do with one, and what ends it."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from flask_migrate import upgrade
from sqlalchemy import event, select, update

from app.core.data.base import utc_now
from app.core.data.session import db
from app.core.identity import sign_ins
from app.core.identity.models import ApiKey, SignIn
from tests.clients import sign_in, with_key, with_token
from tests.identity.test_every_operation import document, operations
from tests.users.factory import create_user

AUTH = "/api/v1/auth"
KEYS = f"{AUTH}/api-keys/"
PASSWORD = "a lovely long password"


def make(client: FlaskClient, **values: Any) -> Any:
    """Make an API key; return the answer."""
    body = {"name": "backup", "current_password": PASSWORD} | values
    return client.post(KEYS, json=body)


def key_of(client: FlaskClient) -> str:
    """Make an API key of the user of a client, on the command line."""
    email = client.get(f"{AUTH}/me").json["email"]
    runner = client.application.test_cli_runner()
    return runner.invoke(args=["api-key", email, "backup"]).output.strip()


def status_of(app: Flask, key: str) -> int:
    """Return the status of a request with a key."""
    return with_key(app, key).get(f"{AUTH}/me").status_code


def change(app: Flask, **values: Any) -> None:
    """Change every key in the database."""
    with app.app_context():
        db.session.execute(update(ApiKey).values(values))
        db.session.commit()


def used_at(client: FlaskClient) -> str | None:
    """Return when the only key of a client was used."""
    (item,) = client.get(KEYS).json["items"]
    return item["used_at"]


@pytest.fixture
def email(client: FlaskClient) -> str:
    """Return the address of a user who can sign in."""
    return create_user(client, password=PASSWORD).json["email"]


@pytest.fixture
def me(app: Flask, anonymous: FlaskClient, email: str) -> FlaskClient:
    """Return a client of that user."""
    body = {"email": email, "password": PASSWORD}
    answer = anonymous.post(f"{AUTH}/login", json=body)
    return with_token(app, answer.json["access_token"])


def test_key_acts_as_its_user(app: Flask, me: FlaskClient) -> None:
    made = make(me)
    assert made.status_code == 201
    machine = with_key(app, made.json["key"])
    assert machine.get(f"{AUTH}/me").json == me.get(f"{AUTH}/me").json
    assert machine.post("/api/v1/users/", json={}).status_code == 403


def test_a_token_alone_makes_no_key(me: FlaskClient) -> None:
    """Whoever has stolen one must not stay when it expires."""
    refused = make(me, current_password="a wrong password")
    assert refused.status_code == 422
    assert "current_password" in refused.text
    assert me.get(KEYS).json["items"] == []


def test_key_is_shown_once_and_its_hash_never(app: Flask, me: FlaskClient) -> None:
    made = make(me)
    secret = made.json["key"].split("_", 2)[2]
    listed = me.get(KEYS)
    assert listed.json["items"] == [{k: made.json[k] for k in made.json if k != "key"}]
    assert secret not in listed.text
    with app.app_context():
        row = db.session.scalars(select(ApiKey)).one()
    for text in (made.text, listed.text):
        assert row.key_hash not in text
        assert "hash" not in text
    assert not any(secret in str(value) for value in vars(row).values())


@pytest.mark.parametrize("days", [0, 366, "x"])
def test_days_have_bounds(me: FlaskClient, days: Any) -> None:
    assert make(me, days=days).status_code == 422


@pytest.mark.parametrize("days", [1, 365])
def test_key_expires(app: Flask, me: FlaskClient, days: int) -> None:
    key = make(me, days=days).json["key"]
    with app.app_context():
        row = db.session.scalars(select(ApiKey)).one()
    assert row.expires_at - row.created_at == timedelta(days=days)
    assert status_of(app, key) == 200
    change(app, expires_at=utc_now() - timedelta(seconds=1))
    assert status_of(app, key) == 401


def test_end_ones_own(app: Flask, me: FlaskClient) -> None:
    one, other = make(me).json, make(me).json
    assert me.delete(KEYS + one["id"]).status_code == 204
    assert me.delete(KEYS + one["id"]).status_code == 404
    assert [item["id"] for item in me.get(KEYS).json["items"]] == [other["id"]]
    assert (status_of(app, one["key"]), status_of(app, other["key"])) == (401, 200)


def test_key_of_another_user_is_out_of_reach(
    app: Flask, me: FlaskClient, client: FlaskClient
) -> None:
    made = make(me).json
    assert client.delete(KEYS + made["id"]).status_code == 404  # a superuser
    assert client.get(KEYS).json["items"] == []
    assert status_of(app, made["key"]) == 200


def bad(app: Flask, client: FlaskClient) -> list[str]:
    """Return keys that are wrong in every way in which one can be."""
    good, other = make(client).json, make(client).json
    prefix, secret = good["key"][:37], good["key"][37:]
    client.delete(KEYS + other["id"])
    keys = ["", "x", "key_", prefix, secret, good["key"] + "x", " ".join(good["key"])]
    keys += [prefix + "A" * 43, other["key"][:37] + secret, "key_" + "0" * 32 + "_x"]
    return [*keys, other["key"], f"{good['key']},{good['key']}", good["key"] + "\xe9"]


def test_every_bad_key_has_the_same_answer(app: Flask, me: FlaskClient) -> None:
    answers = [with_key(app, key).get(f"{AUTH}/me") for key in bad(app, me)]
    bodies = [answer.json | {"request_id": ""} for answer in answers]
    assert all(body == bodies[0] for body in bodies)
    for answer in answers:
        assert answer.status_code == 401
        challenges = answer.headers["WWW-Authenticate"].split(", ")
        assert [each.split()[0] for each in challenges] == ["Bearer", "ApiKey"]


def test_reader_with_a_key_waits_for_no_writer(empty: Flask) -> None:
    """That it was used is noted when nobody else writes."""
    with empty.app_context():
        upgrade()
        key = key_of(sign_in(empty))
        with db.engine.begin() as writer:
            writer.execute(update(SignIn).values(address="192.0.2.1"))
            assert status_of(empty, key) == 200
        db.session.rollback()
        assert status_of(empty, key) == 200
        assert db.session.scalars(select(ApiKey)).one().used_at


def test_first_header_decides(app: Flask, me: FlaskClient) -> None:
    """A bad token is not made good by a key, so that nobody is mistaken for another."""
    key = {"X-API-Key": make(me).json["key"]}
    assert with_token(app, "bad").get(f"{AUTH}/me", headers=key).status_code == 401


@pytest.mark.parametrize("column", ["ended_at", "is_active", "deleted_at"])
def test_each_column_that_ends_a_key(
    app: Flask, me: FlaskClient, column: str, email: str
) -> None:
    key = make(me).json["key"]
    with app.app_context():
        row = db.session.scalars(select(ApiKey)).one()
        changed = row if column == "ended_at" else row.user
        setattr(changed, column, False if column == "is_active" else utc_now())
        db.session.commit()
    assert status_of(app, key) == 401


def end_by_deactivation(client: FlaskClient, url: str, user_id: str) -> None:
    headers = {"If-Match": "*"}
    for active in (False, True):  # what was ended stays ended
        answer = client.patch(url, json={"is_active": active}, headers=headers)
        assert answer.status_code == 200


def end_by_deletion(client: FlaskClient, url: str, user_id: str) -> None:
    assert client.delete(url, headers={"If-Match": "*"}).status_code == 204


def end_by_superuser(client: FlaskClient, url: str, user_id: str) -> None:
    answer = client.delete(f"{AUTH}/users/{user_id}/sign-ins")
    assert answer.status_code == 204


ENDS = [end_by_deactivation, end_by_deletion, end_by_superuser]


@pytest.mark.parametrize("end", ENDS)
def test_what_ends_every_key(
    app: Flask, me: FlaskClient, client: FlaskClient, end: Any
) -> None:
    keys = [make(me).json["key"] for _ in range(2)]
    of_others = key_of(client)
    user_id = me.get(f"{AUTH}/me").json["id"]
    end(client, f"/api/v1/users/{user_id}", user_id)
    assert {status_of(app, key) for key in keys} == {401}
    assert status_of(app, of_others) == 200
    if end is end_by_deletion:
        with app.app_context():
            assert len(db.session.scalars(select(ApiKey)).all()) == 1


def test_new_password_and_signing_out_end_no_key(app: Flask, me: FlaskClient) -> None:
    key = make(me).json["key"]
    body = {"current_password": PASSWORD, "new_password": "another lovely password"}
    assert me.post(f"{AUTH}/password", json=body).status_code == 204
    assert status_of(app, key) == 200


def test_what_needs_a_sign_in(app: Flask, client: FlaskClient) -> None:
    """The document says where a key is not enough; everywhere else it is."""
    refused = set()
    for method, path, said in operations(app):
        machine = with_key(app, key_of(sign_in(app, is_superuser=True)))
        answer = machine.open(path, method=method, json={})
        assert answer.status_code != 401 or said.get("security") == [], said["name"]
        in_person = said.get("security") == [{"bearer": []}]
        assert in_person == ("an API key is not enough" in answer.text), said["name"]
        if in_person:
            assert answer.status_code == 403
            refused.add(said["name"].replace(f"{AUTH}/", ""))
    assert refused == {
        "POST logout",
        "POST password",
        "GET sign-ins/",
        "DELETE sign-ins/{sign_in_id}",
        "POST api-keys/",
    }


def test_document_lets_choose(app: Flask) -> None:
    said = document(app)
    assert said["security"] == [{"bearer": []}, {"apiKey": []}]
    scheme = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
    assert said["components"]["securitySchemes"]["apiKey"] == scheme


def test_use_is_noted_once_a_minute(app: Flask, me: FlaskClient) -> None:
    key = make(me).json["key"]
    assert used_at(me) is None
    with app.app_context():
        engine = db.engine
    written: list[str] = []

    def note(_: Any, __: Any, statement: str, *rest: Any) -> None:
        if statement.startswith("UPDATE"):
            written.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    status_of(app, key)
    first = used_at(me)
    status_of(app, key)
    assert first is not None
    assert used_at(me) == first
    assert len(written) == 1
    change(app, used_at=utc_now() - timedelta(seconds=61))
    before = used_at(me)
    status_of(app, key)
    event.remove(engine, "before_cursor_execute", note)
    assert used_at(me) != before


def test_no_key_after_the_sign_in_has_ended(
    app: Flask, me: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two requests at once, the one that makes a key must not win over the end."""
    lock = sign_ins.lock

    def end_before(claims: dict[str, Any]) -> Any:
        sign_ins.end(SignIn)
        return lock(claims)

    monkeypatch.setattr(sign_ins, "lock", end_before)
    assert make(me).status_code == 401
    with app.app_context():
        assert db.session.scalars(select(ApiKey)).all() == []


def test_command(app: Flask, runner: FlaskCliRunner, email: str) -> None:
    made = runner.invoke(args=["api-key", email, "backup", "--days", "7"])
    key = made.output.strip()
    assert with_key(app, key).get(f"{AUTH}/me").json["email"] == email
    assert "days: " in runner.invoke(args=["api-key", email, "x", "--days=0"]).output
    assert "name: " in runner.invoke(args=["api-key", email, "x" * 101]).output
    nobody = runner.invoke(args=["api-key", "nobody@example.com", "x"])
    assert "There is no user" in nobody.output


def test_command_for_an_inactive_user(
    client: FlaskClient, runner: FlaskCliRunner
) -> None:
    email = create_user(client, is_active=False).json["email"]
    refused = runner.invoke(args=["api-key", email, "backup"])
    assert refused.exit_code == 1
    assert refused.output == f"Error: {email} is not active.\n"


def test_purge_removes_expired_keys(
    app: Flask, me: FlaskClient, runner: FlaskCliRunner
) -> None:
    make(me)
    result = runner.invoke(args=["purge", "--older-than", "30d"])
    assert "Removed 0 expired api_keys." in result.output
    change(app, expires_at=utc_now() - timedelta(seconds=1))
    result = runner.invoke(args=["purge", "--older-than", "30d"])
    assert "Removed 1 expired api_keys." in result.output
    assert me.get(KEYS).json["items"] == []


def test_keys_are_logged_by_id(
    me: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        made = make(me).json
        me.delete(KEYS + made["id"])
    assert f"API key {made['id']} of user" in caplog.text
    assert made["key"] not in caplog.text
