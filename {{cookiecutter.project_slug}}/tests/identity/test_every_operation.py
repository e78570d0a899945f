"""Every operation of the OpenAPI document is as protected as the document says."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from sqlalchemy import update

from app.core.data.base import utc_now
from app.core.data.session import db
from app.core.identity import api_keys, passwords, tokens
from app.core.identity.models import SignIn
{% if cookiecutter.layout == "domain" %}
from app.users.models import User
{% else %}
from app.models.user import User
{% endif %}
from tests.clients import sign_in, with_key, with_token

# Who adds an operation for everybody writes it into a public_operations.txt beside its tests.
FILES = Path(__file__).resolve().parent.parent.glob("*/public_operations.txt")
PUBLIC = {line for path in FILES for line in path.read_text().splitlines()}


def operations(app: Flask) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the method, the path with made-up ids, and what is said of it."""
    for template, item in document(app)["paths"].items():
        path = template
        for parameter in item.get("parameters", []):
            path = path.replace("{" + parameter["name"] + "}", str(uuid4()))
        for method in item.keys() - {"parameters"}:
            name = f"{method.upper()} {template}"
            yield method.upper(), path, item[method] | {"name": name}


def document(app: Flask) -> dict[str, Any]:
    """Return the OpenAPI document."""
    return app.test_client().get("/openapi.json").json


def empty_body(app: Flask, said: dict[str, Any]) -> dict[str, Any]:
    """Return an empty body of the kind that an operation takes: JSON, or its files."""
    content = said.get("requestBody", {}).get("content", {"application/json": {}})
    if "application/json" in content:
        return {"json": {}}
    name = content["multipart/form-data"]["schema"]["$ref"].rpartition("/")[2]
    fields = document(app)["components"]["schemas"][name]["properties"]
    return {"data": {field: (BytesIO(), field) for field in fields}}


def claims_of(client: FlaskClient) -> dict[str, Any]:
    """Return what the token of a client says."""
    return tokens.decode(token_of(client), tokens.ACCESS)


def signing_key() -> Any:
    """Return the key of the tokens that the service makes."""
    return tokens.make_keys(*tokens.secrets()).keys[0]


def token_of(client: FlaskClient) -> str:
    """Return the token that a client sends."""
    return client.environ_base["HTTP_AUTHORIZATION"].removeprefix("Bearer ")


def encode(kind: str, seconds: int, claims: dict[str, Any]) -> str:
    """Return a signed token that is good for some seconds."""
    return tokens.encode(kind, utc_now() + timedelta(seconds=seconds), **claims)


def no_token(app: Flask, good: FlaskClient) -> str:
    return ""


def nonsense(app: Flask, good: FlaskClient) -> str:
    return "no.token.\xe9"


def without_signature(app: Flask, good: FlaskClient) -> str:
    return token_of(good).rpartition(".")[0] + "."


def algorithm_none(app: Flask, good: FlaskClient) -> str:
    header = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJub25lIn0"  # {"typ":"at+jwt","alg":"none"}
    return f"{header}.{token_of(good).split('.')[1]}."


def strange_header(app: Flask, good: FlaskClient) -> str:
    kid = signing_key().kid
    header = {"alg": "HS256", "typ": tokens.ACCESS, "kid": kid, "crit": 1}
    text = urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    return f"{text}.{token_of(good).partition('.')[2]}"


def other_key(app: Flask, good: FlaskClient) -> str:
    key = tokens.make_keys(token_urlsafe(32)).keys[0]
    ours = signing_key().kid
    header = {"alg": "HS256", "typ": tokens.ACCESS, "kid": ours}
    return jwt.encode(header, claims_of(good), key)


def expired(app: Flask, good: FlaskClient) -> str:
    return encode(tokens.ACCESS, -1, claims_of(good))


def without_expiry(app: Flask, good: FlaskClient) -> str:
    key = signing_key()
    claims = {k: v for k, v in claims_of(good).items() if k != "exp"}
    header = {"alg": "HS256", "typ": tokens.ACCESS, "kid": key.kid}
    return jwt.encode(header, claims, key)


def of_wrong_type(app: Flask, good: FlaskClient) -> str:
    return encode(tokens.REFRESH, 3600, claims_of(good))


def of_nobody(app: Flask, good: FlaskClient) -> str:
    claims = claims_of(good) | {"sub": str(uuid4())}
    return encode(tokens.ACCESS, 3600, claims)


def of_deactivated_user(app: Flask, good: FlaskClient) -> str:
    return token_of(sign_in(app, is_superuser=True, is_active=False))


def of_deleted_user(app: Flask, good: FlaskClient) -> str:
    client = sign_in(app, is_superuser=True)
    url = f"/api/v1/users/{claims_of(client)['sub']}"
    assert good.delete(url, headers={"If-Match": "*"}).status_code == 204
    return token_of(client)


KINDS = [no_token, nonsense, without_signature, algorithm_none, other_key, expired]
KINDS += [without_expiry, of_wrong_type, of_nobody, of_deactivated_user]
KINDS += [of_deleted_user, strange_header]


def bad_key(app: Flask, good: FlaskClient) -> str:
    return f"key_{uuid4().hex}_{token_urlsafe(32)}"


def expired_key(app: Flask, good: FlaskClient) -> str:
    user = db.session.get(User, UUID(claims_of(good)["sub"]))
    return api_keys.create(user, "expired", days=0)["key"]


CLIENTS = [(kind, with_token) for kind in KINDS]
CLIENTS += [(bad_key, with_key), (expired_key, with_key)]


@pytest.mark.parametrize(("kind", "send"), CLIENTS)
def test_a_good_credential_is_needed(
    app: Flask, client: FlaskClient, kind: Any, send: Any
) -> None:
    with app.app_context():
        bad = send(app, kind(app, client))
    checked = 0
    for method, path, said in operations(app):
        if said["name"] not in PUBLIC:
            answer = bad.open(path, method=method)
            assert answer.status_code == 401, said["name"]
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert "POST /api/v1/auth/login" in answer.json["detail"]
            assert answer.content_type == "application/problem+json"
            checked += 1
    assert checked > 5


def test_revoked_while_the_body_comes_in(app: Flask, client: FlaskClient) -> None:
    """A request that was opened before must not act after its sign-in has ended."""
    doomed = sign_in(app, is_superuser=True)
    body = b'{"email": "evil@example.com", "name": "Evil", "is_superuser": true}'

    class Slow(BytesIO):
        def readinto(self, buffer: Any) -> int:
            doomed.post("/api/v1/auth/logout")
            return super().readinto(buffer)

    answer = doomed.post(
        "/api/v1/users/",
        input_stream=Slow(body),
        content_length=len(body),
        content_type="application/json",
    )
    assert answer.status_code == 401
    url = "/api/v1/users/lookup?email=evil@example.com"
    assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (User, {"is_active": False}),
        (User, {"is_superuser": False}),
        (SignIn, {"ended_at": utc_now()}),
    ],
)
def test_revoked_while_a_password_is_hashed(
    app: Flask, monkeypatch: pytest.MonkeyPatch, model: Any, change: dict[str, Any]
) -> None:
    """Hashes wait for each other: who is revoked meanwhile must not act."""
    doomed = sign_in(app, is_superuser=True)

    def make_hash(_password: str) -> str:
        changed = update(model).values(change)
        db.session.execute(changed, execution_options={"synchronize_session": False})
        return "a hash"

    monkeypatch.setattr(passwords, "make_hash", make_hash)
    body = {"email": "evil@example.com", "name": "Evil", "password": "long enough 1"}
    assert doomed.post("/api/v1/users/", json=body).status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Basic \xe9", "Basic eA==", "x"])
def test_other_headers_are_no_token(anonymous: FlaskClient, header: str) -> None:
    answer = anonymous.get("/api/v1/auth/me", headers={"Authorization": header})
    assert answer.status_code == 401
    fault = 'error="invalid_token"'
    assert answer.headers["WWW-Authenticate"] == f"Bearer {fault}, ApiKey {fault}"


def test_preflight_needs_no_token(app: Flask, anonymous: FlaskClient) -> None:
    """Browsers ask without one what a page of another origin may do."""
    for path in {path for _, path, _ in operations(app)}:
        assert anonymous.open(path, method="OPTIONS").status_code == 200, path


def test_a_good_token_is_enough(app: Flask) -> None:
    for method, path, said in operations(app):
        client = sign_in(app, is_superuser=True)
        assert client.open(path, method=method).status_code != 401, said["name"]


def test_the_document_says_who_may(app: Flask, user_client: FlaskClient) -> None:
    everywhere = document(app)["security"]
    for method, path, said in operations(app):
        public = said["name"] in PUBLIC
        security = said.get("security", everywhere)
        if public:
            assert security == []
        else:
            assert security in (everywhere, [{"bearer": []}])  # in person
            assert "401" in said["responses"]
        if user_client.open(path, method=method).status_code == 403:
            assert "403" in said["responses"], said["name"]


def test_rows_of_others_are_out_of_reach(app: Flask, user_client: FlaskClient) -> None:
    """Also those that do not exist: nobody can tell them apart."""
    headers = {"If-Match": '"1"'}
    for method, path, said in operations(app):
        if "{" in said["name"]:
            body = empty_body(app, said)
            answer = user_client.open(path, method=method, headers=headers, **body)
            assert answer.status_code in {403, 404}, said["name"]


def test_what_is_only_shown_cannot_be_set(app: Flask, client: FlaskClient) -> None:
    schemas = document(app)["components"]["schemas"]
    shown = {name for schema in schemas.values() for name in schema["properties"]}
    shown |= {"deleted_at", "password_hash"}
    for method, path, said in operations(app):
        if "requestBody" not in said:
            continue
        if "json" not in empty_body(app, said):
            continue  # a form of files, which refuses every name but its own
        body = said["requestBody"]["content"]["application/json"]["schema"]
        known = schemas[body["$ref"].rpartition("/")[2]]["properties"]
        names = sorted(shown - known.keys())
        for start in range(0, len(names), 50):  # an answer names 100 fields at most
            tried = names[start : start + 50]
            answer = client.open(
                path,
                method=method,
                json=dict.fromkeys(tried, "x"),
                headers={"If-Match": '"1"'},
            )
            assert answer.status_code == 422, said["name"]
            refused = {error["field"] for error in answer.json["errors"]}
            assert set(tried) <= refused, said["name"]
