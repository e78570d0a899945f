"""The commands for accounts."""

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner

from tests.clients import with_token
from tests.users.factory import create_user

EMAIL, PASSWORD = "root@example.com", "a lovely password"


def test_create_superuser(runner: FlaskCliRunner, anonymous: FlaskClient) -> None:
    made = runner.invoke(args=["create-superuser", EMAIL], input=f"{PASSWORD}\n")
    assert made.output == f"Created the superuser {EMAIL}.\n"
    body = {"email": EMAIL, "password": PASSWORD}
    assert anonymous.post("/api/v1/auth/login", json=body).status_code == 200


def test_create_superuser_of_a_user(
    client: FlaskClient, runner: FlaskCliRunner
) -> None:
    user = create_user(client, email=EMAIL)
    made = runner.invoke(args=["create-superuser", EMAIL.upper()])
    assert made.output == f"{EMAIL} is a superuser now, with the same password.\n"
    url, headers = user.headers["Location"], {"If-Match": user.headers["ETag"]}
    assert client.delete(url, headers=headers).status_code == 412
    changed = client.get(url)
    assert changed.json["is_superuser"] is True
    client.delete(url, headers={"If-Match": changed.headers["ETag"]})
    deleted = runner.invoke(args=["create-superuser", EMAIL], input=f"{PASSWORD}\n")
    assert "purge --older-than 0h" in deleted.output


@pytest.mark.parametrize("password", ["", "short", "password1", "x" * 129])
@pytest.mark.parametrize("command", ["create-superuser", "set-password"])
def test_weak_passwords(runner: FlaskCliRunner, command: str, password: str) -> None:
    if command == "set-password":
        runner.invoke(args=["create-superuser", EMAIL], input=f"{PASSWORD}\n")
    result = runner.invoke(args=[command, EMAIL], input=f"{password}\n")
    assert result.exit_code == 1
    assert "Error: password: " in result.output
    assert "Traceback" not in result.output


def test_create_superuser_needs_an_address(runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["create-superuser", "root"], input=f"{PASSWORD}\n")
    assert result.exit_code == 1
    assert "email: Not a valid email address." in result.output


def test_set_password(
    app: Flask, runner: FlaskCliRunner, anonymous: FlaskClient
) -> None:
    runner.invoke(args=["create-superuser", EMAIL], input=f"{PASSWORD}\n")
    token = runner.invoke(args=["token", EMAIL]).output.strip()
    client = with_token(app, token)
    assert client.get("/api/v1/auth/me").json["is_superuser"] is True
    runner.invoke(args=["set-password", EMAIL], input="another password\n")
    assert client.get("/api/v1/auth/me").status_code == 401
    body = {"email": EMAIL, "password": "another password"}
    assert anonymous.post("/api/v1/auth/login", json=body).status_code == 200


def test_token_is_for_development(
    app: Flask, runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = runner.invoke(args=["token", EMAIL])
    assert f"./manage.py create-superuser {EMAIL}" in missing.output
    monkeypatch.setitem(app.config, "APP_ENV", "production")
    refused = runner.invoke(args=["token", EMAIL])
    assert refused.exit_code == 1
    assert "POST /api/v1/auth/login" in refused.output


def test_purge_removes_expired_sign_ins(
    app: Flask, runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.invoke(args=["create-superuser", EMAIL], input=f"{PASSWORD}\n")
    runner.invoke(args=["token", EMAIL])
    monkeypatch.setitem(app.config, "REFRESH_TOKEN_DAYS", -1)
    runner.invoke(args=["token", EMAIL])
    result = runner.invoke(args=["purge", "--older-than", "30d"])
    assert "Removed 1 expired sign_ins." in result.output
    assert "Removed 0 expired mail_tokens." in result.output
