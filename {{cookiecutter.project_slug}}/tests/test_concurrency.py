"""Many requests at once: nothing is lost, shown twice or overwritten unseen."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import text

from app.core.data import repository
from app.core.data.session import db
{% if cookiecutter.auth == "jwt" %}
from tests.clients import sign_in, with_token
{% endif %}
from tests.users.factory import create_user


def test_change_needs_if_match(client: FlaskClient) -> None:
    url = f"/api/v1/users/{create_user(client).json['id']}"
    assert client.patch(url, json={"name": "Grace"}).status_code == 428
    assert client.delete(url).status_code == 428


def test_old_etag_is_refused(client: FlaskClient) -> None:
    created = create_user(client)
    url = f"/api/v1/users/{created.json['id']}"
    headers = {"If-Match": created.headers["ETag"]}
    assert client.patch(url, json={"name": "B"}, headers=headers).status_code == 200
    assert client.patch(url, json={"name": "C"}, headers=headers).status_code == 412
    assert client.delete(url, headers=headers).status_code == 412
    told = client.patch(url, json={"name": "C"}, headers=headers).json["detail"]
    assert "If-Match: *" in told
    assert client.delete(url, headers={"If-Match": "*"}).status_code == 204


def test_write_after_the_check_is_noticed(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ETag was right when it was checked, and is not when the row is written."""

    def write_first(*_: object) -> None:
        db.session.execute(text("UPDATE users SET version = version + 1"))

    created = create_user(client)
    url = f"/api/v1/users/{created.json['id']}"
    headers = {"If-Match": created.headers["ETag"]}
    monkeypatch.setattr(repository, "lock_references", write_first)
    answer = client.patch(url, json={"name": "B"}, headers=headers)
    assert (answer.status_code, answer.json["status"]) == (412, 412)


def test_not_modified(client: FlaskClient) -> None:
    created = create_user(client)
    headers = {"If-None-Match": created.headers["ETag"]}
    answer = client.get(f"/api/v1/users/{created.json['id']}", headers=headers)
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == created.headers["ETag"]


def test_of_many_writers_one_wins(empty: Flask) -> None:
    with empty.app_context():
        upgrade()
{% if cookiecutter.auth == "jwt" %}
    client = sign_in(empty, is_superuser=True)

    def new_client() -> FlaskClient:
        return with_token(empty, client.environ_base["HTTP_AUTHORIZATION"][7:])

{% else %}
    new_client = empty.test_client
{% endif %}
    user = create_user(new_client())
    url = f"/api/v1/users/{user.json['id']}"
    headers = {"If-Match": user.headers["ETag"]}

    def write(name: str) -> int:
        answer = new_client().patch(url, json={"name": name}, headers=headers)
        return answer.status_code

    def sign_up(email: str) -> int:
        return create_user(new_client(), email=email).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(write, "ABCDEFGH")) == [200] + [412] * 7
        assert sorted(pool.map(sign_up, ["ada@example.com"] * 8)) == [201] + [409] * 7


def test_pages_while_rows_come_and_go(client: FlaskClient) -> None:
    for _ in range(6):
        create_user(client)
    stay = [user["id"] for user in client.get("/api/v1/users/").json["items"]]
    found, cursor = [], ""
    while cursor is not None:
        query = f"limit=2&cursor={cursor}" if cursor else "limit=2"
        page = client.get(f"/api/v1/users/?{query}").json
        found += [user["id"] for user in page["items"]]
        cursor = page["next_cursor"]
        if len(found) == 4:  # once, in the middle: one goes and one comes
            gone = found[1]
            etag = client.get(f"/api/v1/users/{gone}").headers["ETag"]
            client.delete(f"/api/v1/users/{gone}", headers={"If-Match": etag})
            create_user(client)
    assert found[:-1] == stay
    assert len(found) == len(set(found))
