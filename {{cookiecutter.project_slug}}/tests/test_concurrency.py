"""Of two writers of the same version one wins; the other is told."""

from flask.testing import FlaskClient

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


def test_not_modified(client: FlaskClient) -> None:
    created = create_user(client)
    headers = {"If-None-Match": created.headers["ETag"]}
    answer = client.get(f"/api/v1/users/{created.json['id']}", headers=headers)
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == created.headers["ETag"]
