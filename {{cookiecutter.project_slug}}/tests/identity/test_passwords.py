"""Passwords: which are taken, how they are stored, and that they are never shown."""

import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.core.data.session import db
from app.core.identity import passwords
{% if cookiecutter.layout == "domain" %}
from app.users.models import User
{% else %}
from app.models.user import User
{% endif %}
from tests.clients import with_token
from tests.users.factory import create_user

LOGIN = "/api/v1/auth/login"


def stored(app: Flask, email: str) -> str:
    """Return what the database has of a password."""
    with app.app_context():
        query = select(User.password_hash).where(User.email == email)
        return db.session.scalar(query)


REFUSED = ["", "1234567", "x" * 129, "password1", "Password1 ", "nul\0 in it"]
# In other letters a common one, and one of four characters.
REFUSED += ["\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff441", "e\u0301" * 4]
TAKEN = ["x" * 128, "\U0001f511" * 8, " a b c d ", "caf\xe9 caf\xe9"]


@pytest.mark.parametrize("password", [*REFUSED, "half \ud800", 1])
def test_refused(client: FlaskClient, password: str) -> None:
    answer = create_user(client, password=password)
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json["errors"]} == {"password"}


@pytest.mark.parametrize("mark", ["\u0301", "\ufdfa"])
def test_overlong_password_is_refused_before_it_is_normalized(
    client: FlaskClient,
    anonymous: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    mark: str,
) -> None:
    """NFKC takes quadratic time: one request of a megabyte would stop a worker."""
    lengths = []
    normalize = unicodedata.normalize

    def measure(form: str, text: str) -> str:
        lengths.append(len(text))
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", measure)
    long = "a" + mark * 100_000
    assert create_user(client, password=long).status_code == 422
    body = {"email": "ada@example.com", "password": long}
    assert anonymous.post(LOGIN, json=body).status_code == 422
    body = {"email": long, "password": "x"}
    assert anonymous.post(LOGIN, json=body).status_code == 422
    change = {"current_password": long, "new_password": "a lovely password"}
    assert client.post("/api/v1/auth/password", json=change).status_code == 422
    assert not passwords.matches(long, None)
    assert max(lengths) <= passwords.LONGEST_TYPED


def test_few_hashes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes 64 MiB: memory is bounded, however many threads there are."""
    running, most = 0, 0

    class Slow(PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            nonlocal running, most
            running += 1
            most = max(most, running)
            time.sleep(0.02)
            running -= 1
            return "hash"

    monkeypatch.setattr(passwords, "hasher", Slow())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(passwords.make_hash, ["a lovely password"] * 8))
    assert most == 2


@pytest.mark.parametrize("password", TAKEN)
def test_taken(
    app: Flask, client: FlaskClient, anonymous: FlaskClient, password: str
) -> None:
    email = create_user(client, password=password).json["email"]
    assert stored(app, email).startswith("$argon2id$")
    answer = anonymous.post(LOGIN, json={"email": email, "password": password})
    assert answer.status_code == 200
    wrong = {"email": email, "password": password[:-1]}
    assert anonymous.post(LOGIN, json=wrong).status_code == 401


def test_same_text_from_every_keyboard(
    client: FlaskClient, anonymous: FlaskClient
) -> None:
    email = create_user(client, password="caf\xe9 caf\xe9").json["email"]
    body = {"email": email, "password": "cafe\u0301 cafe\u0301"}
    assert anonymous.post(LOGIN, json=body).status_code == 200


def test_user_without_password_cannot_sign_in(
    client: FlaskClient, anonymous: FlaskClient
) -> None:
    email = create_user(client).json["email"]
    for password in ("", "None", "the hash of nobody's password"):
        body = {"email": email, "password": password}
        assert anonymous.post(LOGIN, json=body).status_code == 401


def test_hash_is_made_anew_when_parameters_rise(
    app: Flask,
    client: FlaskClient,
    anonymous: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        weaker = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1)
        patch.setattr(passwords, "hasher", weaker)
        email = create_user(client, password="a lovely password").json["email"]
    old = stored(app, email)
    body = {"email": email, "password": "a lovely password"}
    assert anonymous.post(LOGIN, json=body).status_code == 200
    assert stored(app, email) != old
    assert not passwords.hasher.check_needs_rehash(stored(app, email))
    assert anonymous.post(LOGIN, json=body).status_code == 200


def test_other_changes_stop_no_new_password(
    app: Flask,
    client: FlaskClient,
    anonymous: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever has a stolen key could change the name again and again meanwhile."""
    old, new = "a lovely password", "another lovely password"
    email = create_user(client, password=old).json["email"]
    tokens = anonymous.post(LOGIN, json={"email": email, "password": old}).json
    make_hash = passwords.make_hash

    def slow(password: str) -> str:
        newer = update(User).filter_by(email=email)
        newer = newer.values(name="Thief", version=User.version + 1)
        db.session.execute(newer.execution_options(synchronize_session=False))
        return make_hash(password)

    monkeypatch.setattr(passwords, "make_hash", slow)
    body = {"current_password": old, "new_password": new}
    me = with_token(app, tokens["access_token"])
    assert me.post("/api/v1/auth/password", json=body).status_code == 204
    body = {"email": email, "password": new}
    assert anonymous.post(LOGIN, json=body).status_code == 200


def test_never_shown(
    client: FlaskClient, anonymous: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    password = "a lovely secret"
    with caplog.at_level("DEBUG"):
        created = create_user(client, password=password)
        body = {"email": created.json["email"], "password": password}
        answers = [created, anonymous.post(LOGIN, json=body)]
        answers.append(anonymous.post(LOGIN, json=body | {"unknown": 1}))
        answers.append(anonymous.post(LOGIN, json={"email": 1, "password": [password]}))
    for text in (caplog.text, *(answer.text for answer in answers)):
        assert password not in text
        assert "argon2" not in text
