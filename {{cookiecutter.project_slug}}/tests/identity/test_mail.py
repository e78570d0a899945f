"""Mails: a new password by one, and confirming an address."""

import os
import re
import smtplib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from threading import BoundedSemaphore, current_thread
from typing import Any
from unittest.mock import MagicMock

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from flask_migrate import upgrade
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from app.core.data.base import utc_now
from app.core.data.session import db
from app.core.identity import mail, mail_tokens
from app.core.identity.models import MailToken
{% if cookiecutter.layout == "domain" %}
from app.users.models import User
{% else %}
from app.models.user import User
{% endif %}
from tests.clients import with_key, with_token

AUTH = "/api/v1/auth"
WORKER = mail.worker  # the real one: conftest.py puts another in its place
ADA = {"email": "ada@example.com", "password": "a lovely long password"}
NEW = "another lovely password"
Mails = Callable[[], list[EmailMessage]]


def login(client: FlaskClient, password: str = ADA["password"]) -> TestResponse:
    """Sign in as Ada."""
    return client.post(f"{AUTH}/login", json=ADA | {"password": password})


def register(client: FlaskClient) -> str:
    """Register Ada; return her id."""
    return client.post(f"{AUTH}/register", json=ADA | {"name": "Ada"}).json["id"]


@pytest.fixture
def ada(app: Flask, anonymous: FlaskClient) -> FlaskClient:
    """Return a client of Ada, who has registered and signed in."""
    register(anonymous)
    return with_token(app, login(anonymous).json["access_token"])


def forget(client: FlaskClient, email: str = ADA["email"]) -> TestResponse:
    """Ask for a new password."""
    return client.post(f"{AUTH}/forgotten-password", json={"email": email})


def renew(client: FlaskClient, token: str, password: str = NEW) -> int:
    """Set a new password; return the status of the answer."""
    body = {"token": token, "new_password": password}
    answer = client.post(f"{AUTH}/new-password", json=body)
    if answer.status_code == 422:
        assert [error["field"] for error in answer.json["errors"]] == ["token"]
    return answer.status_code


def verify(client: FlaskClient, token: str) -> int:
    """Confirm an address; return the status of the answer."""
    return client.post(f"{AUTH}/verified-email", json={"token": token}).status_code


def token_in(messages: list[EmailMessage]) -> str:
    """Return the token in the only mail there is."""
    (message,) = messages
    return re.search("token: (.+)", message.get_content())[1]


def change_tokens(app: Flask, **values: Any) -> None:
    """Change every token in the database."""
    with app.app_context():
        db.session.execute(update(MailToken).values(values))
        db.session.commit()


def later(app: Flask) -> None:
    """Let a minute pass, so that the next mail is sent."""
    change_tokens(app, created_at=utc_now() - timedelta(seconds=61))


def verified_at(app: Flask) -> Any:
    """Return when Ada's address was confirmed."""
    with app.app_context():
        return db.session.scalar(
            select(User.email_verified_at).where(User.name == "Ada")
        )


def stored(app: Flask) -> MailToken | None:
    """Return the token in the database."""
    with app.app_context():
        return db.session.scalar(select(MailToken))


def patch(client: FlaskClient, ada: FlaskClient, **values: Any) -> TestResponse:
    """Change Ada's account."""
    url = f"/api/v1/users/{ada.get(f'{AUTH}/me').json['id']}"
    return client.patch(url, json=values, headers={"If-Match": "*"})


def test_a_new_password_by_mail(
    app: Flask, ada: FlaskClient, anonymous: FlaskClient, mails: Mails
) -> None:
    answer = forget(anonymous, "ADA@example.com")
    assert (answer.status_code, answer.data) == (202, b"")
    token = token_in(mails())
    assert len(token) >= 43  # 256 bits
    assert stored(app).token_hash not in {token, None}
    assert renew(anonymous, token) == 204
    assert ada.get(f"{AUTH}/me").status_code == 401  # every sign-in has ended
    assert login(anonymous).status_code == 401
    assert login(anonymous, NEW).status_code == 200
    assert renew(anonymous, token) == 422  # it was used


def test_what_a_mail_says(
    app: Flask,
    ada: FlaskClient,
    anonymous: FlaskClient,
    mails: Mails,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(app.config, "FRONTEND_URL", "https://www.example.com/shop/")
    monkeypatch.setitem(app.config, "MAIL_FROM", "noreply@example.com")
    forget(anonymous)
    (reset,) = mails()
    later(app)
    ada.post(f"{AUTH}/verification")
    (verification,) = mails()
    for message, page in ((reset, "new-password"), (verification, "verified-email")):
        assert message["To"] == ADA["email"]
        assert message["From"] == "noreply@example.com"
        assert message["Subject"].startswith(app.config["API_TITLE"])
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Date"]
        assert message["Message-ID"].endswith("@example.com>")
        # The link is whole in the file, too, where people copy it from.
        link = f"https://www.example.com/shop/{page}?token={token_in([message])}"
        assert link in message.as_bytes().decode().splitlines()


def test_nobody_learns_who_has_an_account(
    app: Flask, anonymous: FlaskClient, mails: Mails, worker: Any
) -> None:
    """The answer and the work before it are the same; the rest is done in background."""
    register(anonymous)
    known, unknown = forget(anonymous), forget(anonymous, "nobody@example.com")
    assert (known.status_code, known.data) == (unknown.status_code, unknown.data)
    assert {*dict(known.headers)} == {*dict(unknown.headers)}
    assert [options["email"] for _, options in worker.jobs] == [
        ADA["email"],
        "nobody@example.com",
    ]
    assert stored(app) is None  # nothing has been done yet
    assert len(mails()) == 1


def test_request_does_not_touch_the_database(
    anonymous: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(db.session, "execute", refuse)
    monkeypatch.setattr(db.session, "scalar", refuse)
    assert forget(anonymous).status_code == 202


@pytest.mark.parametrize("token", ["", "nonsense", "\u00e9", "x" * 43])
def test_bad_tokens(anonymous: FlaskClient, token: str) -> None:
    assert renew(anonymous, token) == 422
    assert verify(anonymous, token) == 422


def test_a_token_is_for_one_purpose(
    app: Flask, ada: FlaskClient, anonymous: FlaskClient, mails: Mails
) -> None:
    forget(anonymous)
    reset = token_in(mails())
    later(app)
    ada.post(f"{AUTH}/verification")
    verification = token_in(mails())
    assert verify(anonymous, reset) == 422
    assert renew(anonymous, verification) == 422
    assert verify(anonymous, verification) == 204
    assert renew(anonymous, reset) == 204


def test_a_weak_password_leaves_the_token_good(
    ada: FlaskClient, anonymous: FlaskClient, mails: Mails
) -> None:
    forget(anonymous)
    token = token_in(mails())
    body = {"token": token, "new_password": "password1"}
    answer = anonymous.post(f"{AUTH}/new-password", json=body)
    assert [error["field"] for error in answer.json["errors"]] == ["new_password"]
    assert renew(anonymous, token) == 204


def test_tokens_expire(
    app: Flask,
    ada: FlaskClient,
    anonymous: FlaskClient,
    mails: Mails,
    runner: FlaskCliRunner,
) -> None:
    forget(anonymous)
    token = token_in(mails())
    left = stored(app).expires_at - utc_now()
    assert timedelta(minutes=29) < left <= timedelta(minutes=30)
    change_tokens(app, expires_at=utc_now() - timedelta(seconds=1))
    assert renew(anonymous, token) == 422
    result = runner.invoke(args=["purge", "--older-than", "30d"])
    assert "Removed 1 expired mail_tokens." in result.output
    forget(anonymous)
    mails()
    result = runner.invoke(args=["purge", "--older-than", "30d"])
    assert "Removed 0 expired mail_tokens." in result.output


def test_a_reset_ends_api_keys(
    app: Flask, ada: FlaskClient, anonymous: FlaskClient, mails: Mails
) -> None:
    """Whoever had the account may have made some."""
    body = {"name": "theirs", "days": 1, "current_password": ADA["password"]}
    key = with_key(app, ada.post(f"{AUTH}/api-keys/", json=body).json["key"])
    assert key.get(f"{AUTH}/me").status_code == 200
    forget(anonymous)
    assert renew(anonymous, token_in(mails())) == 204
    assert key.get(f"{AUTH}/me").status_code == 401


def test_a_stranger_voids_no_token(
    app: Flask, ada: FlaskClient, anonymous: FlaskClient, mails: Mails
) -> None:
    """Anybody can ask in somebody's name; one use voids all."""
    forget(anonymous)
    older = token_in(mails())
    later(app)
    forget(anonymous)
    newer = token_in(mails())
    assert renew(anonymous, older) == 204
    assert renew(anonymous, newer) == 422


def test_one_mail_a_minute(
    app: Flask, ada: FlaskClient, anonymous: FlaskClient, mails: Mails
) -> None:
    assert [forget(anonymous).status_code for _ in range(3)] == [202] * 3
    assert len(mails()) == 1
    ada.post(f"{AUTH}/verification")
    assert len(mails()) == 1  # a stranger's questions do not stop this one


def test_mails_from_an_address_are_limited(
    app: Flask,
    ada: FlaskClient,
    anonymous: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(app.config, "MAIL_LIMIT", "2 per minute")
    assert [forget(anonymous).status_code for _ in range(3)] == [202, 202, 429]
    paths = [f"{AUTH}/verification"] * 3
    assert [ada.post(path).status_code for path in paths] == [202, 202, 429]


def test_of_many_uses_one_wins(empty: Flask, worker: Any, tmp_path: Path) -> None:
    empty.instance_path = str(tmp_path)
    with empty.app_context():
        upgrade()
    register(empty.test_client())
    forget(empty.test_client())
    worker.finish()
    (path,) = (tmp_path / "mail").iterdir()
    token = re.search("token: (.+)", path.read_text())[1]

    def use(_: int) -> int:
        return renew(empty.test_client(), token)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(use, range(8))) == [204] + [422] * 7


def test_whoever_finds_a_token_must_also_remove_it(
    ada: FlaskClient,
    anonymous: FlaskClient,
    mails: Mails,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of two processes that have found it, the other one was faster."""
    forget(anonymous)
    token = token_in(mails())
    monkeypatch.setattr(mail_tokens, "remove", lambda **_: 0)
    assert renew(anonymous, token) == 422
    assert login(anonymous).status_code == 200


def test_inactive_users_get_no_password(
    app: Flask,
    ada: FlaskClient,
    client: FlaskClient,
    anonymous: FlaskClient,
    mails: Mails,
) -> None:
    forget(anonymous)
    token = token_in(mails())
    with app.app_context():  # by hand: the service voids the token as well
        of_ada = update(User).where(User.name == "Ada")
        db.session.execute(of_ada.values(is_active=False))
        db.session.commit()
    assert renew(anonymous, token) == 422
    later(app)
    forget(anonymous)
    assert mails() == []


def void_by_deactivation(ada: FlaskClient, client: FlaskClient) -> None:
    url = f"/api/v1/users/{ada.get(f'{AUTH}/me').json['id']}"
    for active in (False, True):
        values = {"is_active": active}
        answer = client.patch(url, json=values, headers={"If-Match": "*"})
        assert answer.status_code == 200


def void_by_another_address(ada: FlaskClient, client: FlaskClient) -> None:
    new = {"email": "new@example.com", "current_password": ADA["password"]}
    assert patch(ada, ada, **new).status_code == 200


def void_by_a_new_password(ada: FlaskClient, client: FlaskClient) -> None:
    body = {"current_password": ADA["password"], "new_password": NEW}
    assert ada.post(f"{AUTH}/password", json=body).status_code == 204


def void_by_deletion(ada: FlaskClient, client: FlaskClient) -> None:
    url = f"/api/v1/users/{ada.get(f'{AUTH}/me').json['id']}"
    assert client.delete(url, headers={"If-Match": "*"}).status_code == 204


VOIDS = [void_by_deactivation, void_by_another_address, void_by_a_new_password]
VOIDS += [void_by_deletion]


@pytest.mark.parametrize("void", VOIDS)
def test_what_voids_a_token(
    app: Flask,
    ada: FlaskClient,
    client: FlaskClient,
    anonymous: FlaskClient,
    mails: Mails,
    void: Any,
) -> None:
    """Whoever has an old mailbox must not take the account over."""
    forget(anonymous)
    token = token_in(mails())
    void(ada, client)
    assert renew(anonymous, token, "a third lovely password") == 422
    assert stored(app) is None


def test_address_verification(
    app: Flask, ada: FlaskClient, anonymous: FlaskClient, mails: Mails
) -> None:
    assert verified_at(app) is None
    assert ada.post(f"{AUTH}/verification").status_code == 202
    token = token_in(mails())
    assert verify(anonymous, token) == 204
    assert utc_now() - verified_at(app) < timedelta(minutes=1)
    assert verify(anonymous, token) == 422
    ada.post(f"{AUTH}/verification")
    assert mails() == []  # there is nothing to confirm


def test_another_address_is_unverified(
    app: Flask, ada: FlaskClient, anonymous: FlaskClient, mails: Mails
) -> None:
    ada.post(f"{AUTH}/verification")
    assert verify(anonymous, token_in(mails())) == 204
    patch(ada, ada, name="Ada", email=ADA["email"])
    assert verified_at(app) is not None
    ada.post(f"{AUTH}/verification")
    patch(ada, ada, email="new@example.com", current_password=ADA["password"])
    assert verified_at(app) is None


def test_old_mail_does_not_verify_a_new_address(
    app: Flask, ada: FlaskClient, anonymous: FlaskClient, mails: Mails
) -> None:
    ada.post(f"{AUTH}/verification")
    token = token_in(mails())
    patch(ada, ada, email="new@example.com", current_password=ADA["password"])
    assert verify(anonymous, token) == 422
    assert verified_at(app) is None


def test_verification_can_be_required(
    app: Flask, anonymous: FlaskClient, mails: Mails, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "VERIFIED_EMAIL_REQUIRED", True)
    register(anonymous)
    first = token_in(mails())
    assert login(anonymous, "wrong").status_code == 401  # nobody else learns of it
    refused = login(anonymous)
    assert refused.status_code == 403
    assert refused.json["detail"].startswith("Confirm your address first")
    assert mails() == []
    later(app)
    login(anonymous)  # asks for another mail: the first one may be lost
    second = token_in(mails())
    assert verify(anonymous, second) == 204
    assert verify(anonymous, first) == 422  # one use voids all
    answer = login(anonymous)
    assert answer.status_code == 200
    ada = with_token(app, answer.json["access_token"])
    patch(ada, ada, email="new@example.com", current_password=ADA["password"])
    assert ada.get(f"{AUTH}/me").status_code == 401  # not before that is confirmed


def test_registering_mails_nothing_by_default(
    anonymous: FlaskClient, mails: Mails
) -> None:
    register(anonymous)
    assert login(anonymous).status_code == 200
    assert mails() == []


def test_superusers_of_the_command_line_are_verified(
    app: Flask,
    anonymous: FlaskClient,
    runner: FlaskCliRunner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(app.config, "VERIFIED_EMAIL_REQUIRED", True)
    command, given = ["create-superuser", ADA["email"]], f"{ADA['password']}\n"
    runner.invoke(args=command, input=given)
    assert login(anonymous).status_code == 200
    with app.app_context():
        db.session.execute(update(User).values(email_verified_at=None))
        db.session.commit()
    assert login(anonymous).status_code == 403
    runner.invoke(args=command)
    assert login(anonymous).status_code == 200


def test_log_has_ids_only(
    app: Flask,
    anonymous: FlaskClient,
    mails: Mails,
    caplog: pytest.LogCaptureFixture,
) -> None:
    user_id = register(anonymous)
    ada = with_token(app, login(anonymous).json["access_token"])
    with caplog.at_level("DEBUG"):
        forget(anonymous)
        reset = token_in(mails())
        later(app)
        ada.post(f"{AUTH}/verification")
        verification = token_in(mails())
        verify(anonymous, verification)
        renew(anonymous, reset)
        forget(anonymous, "nobody@example.com")
        mails()
    for line in (
        f"A token for new-password of user {user_id} was asked for.",
        f"The password of user {user_id} was changed, by {AUTH}/new-password.",
        f"The address of user {user_id} was confirmed.",
        f"Mail for user {user_id} is in {app.instance_path}",
    ):
        assert line in caplog.text
    for secret in (ADA["email"], "nobody@", reset, verification):
        assert secret not in caplog.text


def test_production_needs_a_mail_server(
    app: Flask,
    anonymous: FlaskClient,
    mails: Mails,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setitem(app.config, "APP_ENV", "production")
    user_id = register(anonymous)
    forget(anonymous)
    assert mails() == []
    (line,) = [each for each in caplog.records if each.levelname == "ERROR"]
    expected = f"Mail for user {user_id} not sent: SMTP_URL is not set."
    assert line.getMessage() == expected


def test_failures_are_logged_by_id(
    app: Flask,
    anonymous: FlaskClient,
    mails: Mails,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Refusing:
        def __init__(self, *_: Any, **__: Any) -> None:
            raise smtplib.SMTPRecipientsRefused({ADA["email"]: (550, b"unknown")})

    monkeypatch.setitem(app.config, "SMTP_URL", "smtp://mail.example.com")
    monkeypatch.setattr(mail, "SMTP", Refusing)
    user_id = register(anonymous)
    assert forget(anonymous).status_code == 202
    assert mails() == []
    assert f"Mail for user {user_id} not sent: SMTPRecipientsRefused." in caplog.text
    assert ADA["email"] not in caplog.text


@pytest.mark.parametrize(
    ("url", "offers_tls", "done"),
    [
        ("smtp://a", True, [("a", 587), "starttls"]),
        ("smtp://a:25", False, [("a", 25)]),
        ("smtp://u:p%40@a", True, [("a", 587), "starttls", ("u", "p@")]),
        ("smtp://u@x.org:p@a", True, [("a", 587), "starttls", ("u@x.org", "p")]),
        ("smtps://u:p@a", False, [("a", 465), ("u", "p")]),
        ("smtp://u:p@a", False, [("a", 587), smtplib.SMTPNotSupportedError]),
    ],
)
def test_a_password_goes_over_tls_only(
    monkeypatch: pytest.MonkeyPatch, url: str, offers_tls: bool, done: list[Any]
) -> None:
    found: list[Any] = []
    server = MagicMock()
    server.has_extn.return_value = offers_tls
    server.starttls.side_effect = lambda context: found.append("starttls")
    server.login.side_effect = lambda *given: found.append(given)

    def connect(host: str, port: int, timeout: int, **_: Any) -> MagicMock:
        assert timeout == 10
        found.append((host, port))
        return server

    name = "SMTP_SSL" if url.startswith("smtps") else "SMTP"
    monkeypatch.setattr(mail, name, connect)
    try:
        with mail.connection(url):
            pass
    except smtplib.SMTPNotSupportedError as error:
        found.append(type(error))
    assert found == done
    assert server.__exit__.called


def test_each_process_has_its_own_thread(
    anonymous: FlaskClient, worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No thread outlives a fork: a mail for one of the parent would wait forever."""
    processes = []

    def worker_of(process: int) -> Any:
        processes.append(process)
        return worker

    monkeypatch.setattr(mail, "worker", worker_of)
    monkeypatch.setattr(os, "getpid", lambda: 4711)
    forget(anonymous)
    assert processes == [4711]


def test_a_full_queue_loses_mails_and_not_memory(
    app: Flask,
    anonymous: FlaskClient,
    mails: Mails,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(mail, "QUEUE", BoundedSemaphore(1))
    register(anonymous)
    assert mail.QUEUE.acquire(blocking=False)
    assert forget(anonymous).status_code == 202
    assert mails() == []
    assert "A mail was lost" in caplog.text
    mail.QUEUE.release()
    for _ in range(2):  # what was sent makes room
        forget(anonymous)
        assert len(mails()) == 1
        later(app)


def test_mails_are_sent_in_one_thread() -> None:
    """No answer waits for a mail server, and a slow one takes one thread only."""
    threads = {WORKER(4711).submit(current_thread).result() for _ in range(3)}
    assert [thread.name for thread in threads] == ["mail-4711_0"]
