"""The endpoints of orders."""

from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from tests.orders.factory import create_order
from tests.users.factory import create_user

ORDERS = "/api/v1/orders/"


def test_create_and_read(client: FlaskClient) -> None:
    created = create_order(client)
    assert created.status_code == 201
    read = client.get(created.headers["Location"])
    assert read.json == created.json
    assert read.headers["ETag"] == created.headers["ETag"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "bbbb"),
        ("status", "cancelled"),
        ("total", "9999999999.99"),
    ],
)
def test_update(client: FlaskClient, field: str, value: Any) -> None:
    created = create_order(client)
    changed = client.patch(
        created.headers["Location"],
        json={field: value},
        headers={"If-Match": created.headers["ETag"]},
    )
    assert changed.status_code == 200
    assert changed.json[field] == value
    same = created.json.keys() - {field, "version", "updated_at"}
    assert all(changed.json[key] == created.json[key] for key in same)


def test_delete(client: FlaskClient) -> None:
    created = create_order(client)
    url = created.headers["Location"]
    headers = {"If-Match": created.headers["ETag"]}
    assert client.delete(url, headers=headers).status_code == 204
    assert client.get(url).status_code == 404
    assert client.get(ORDERS).json["items"] == []


@pytest.mark.parametrize("sort", ["created_at", "number", "total"])
def test_list_pages_are_complete(client: FlaskClient, sort: str) -> None:
    ids = {create_order(client).json["id"] for _ in range(5)}
    found, cursor = [], ""
    while cursor is not None:
        url = f"{ORDERS}?limit=2&sort={sort}"
        page = client.get(f"{url}&cursor={cursor}" if cursor else url).json
        found += page["items"]
        cursor = page["next_cursor"]
    assert {row["id"] for row in found} == ids
    assert len(found) == 5


@pytest.mark.parametrize(
    "field",
    [
        "number",
        "status",
        "user_id",
    ],
)
def test_list_filters(client: FlaskClient, field: str) -> None:
    row = create_order(client, status="pending").json
{% if cookiecutter.auth == "jwt" %}
    create_order(client, status="cancelled", user_id=create_user(client).json["id"])
{% else %}
    create_order(client, status="cancelled")
{% endif %}
    value = row[field]
    query = {field: str(value).lower() if isinstance(value, bool) else [value] * 2}
    page = client.get(ORDERS, query_string=query).json
    assert page["items"] == [row]


@pytest.mark.parametrize(
    ("field", "inside", "outside", "query"),
    [
        ("total", "9999999999.99", "12.50", {"total_min": "9999999999.99"}),
        ("total", "12.50", "9999999999.99", {"total_max": "12.50"}),
    ],
)
def test_list_ranges(
    client: FlaskClient, field: str, inside: Any, outside: Any, query: dict[str, Any]
) -> None:
    row = create_order(client, **{field: inside}).json
    create_order(client, **{field: outside})
    assert client.get(ORDERS, query_string=query).json["items"] == [row]


def test_number_is_searched(client: FlaskClient) -> None:
    row = create_order(client, number="aaaa").json
    create_order(client, number="bbbb")
    query = {"q": row["number"].upper()}
    assert client.get(ORDERS, query_string=query).json["items"] == [row]


def test_number_is_unique(client: FlaskClient) -> None:
    created = create_order(client)
    answer = create_order(client, number=created.json["number"])
    assert answer.status_code == 409
    assert [error["field"] for error in answer.json["errors"]] == ["number"]


def test_user_must_exist(client: FlaskClient) -> None:
    gone = create_user(client)
    headers = {"If-Match": gone.headers["ETag"]}
    client.delete(gone.headers["Location"], headers=headers)
    for value in (str(uuid4()), gone.json["id"]):
        answer = create_order(client, user_id=value)
        assert answer.status_code == 422
        fields = [error["field"] for error in answer.json["errors"]]
        assert fields == ["user_id"]


def test_user_with_orders_is_kept(client: FlaskClient) -> None:
    user = create_user(client)
    create_order(client, user_id=user.json["id"])
    url, etag = user.headers["Location"], user.headers["ETag"]
    assert client.delete(url, headers={"If-Match": etag}).status_code == 409
    assert client.get(url).status_code == 200


{% if cookiecutter.auth == "jwt" %}
def test_others_are_not_there(client: FlaskClient, user_client: FlaskClient) -> None:
    created = create_order(client)
    url, headers = created.headers["Location"], {"If-Match": created.headers["ETag"]}
    assert user_client.get(url).status_code == 404
    assert user_client.patch(url, json={}, headers=headers).status_code == 404
    assert user_client.delete(url, headers=headers).status_code == 404
    assert user_client.get(ORDERS).json["items"] == []


def test_only_superusers_name_the_owner(
    client: FlaskClient, user_client: FlaskClient
) -> None:
    other = create_user(client).json["id"]
    assert create_order(client, user_id=other).json["user_id"] == other
    assert create_order(user_client, user_id=other).status_code == 403
    mine = create_order(user_client)
    assert user_client.get(ORDERS).json["items"] == [mine.json]
    url, headers = mine.headers["Location"], {"If-Match": mine.headers["ETag"]}
    answer = user_client.patch(url, json={"user_id": other}, headers=headers)
    assert answer.status_code == 403
    assert user_client.delete(url, headers=headers).status_code == 204


{% endif %}
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"unknown": 1}, "unknown"),
        ({"id": str(uuid4())}, "id"),
        ({"number": "nul\0"}, "number"),
        ({"number": "half \ud800"}, "number"),
        ({"number": 1}, "number"),
        ({"number": "x" * 41}, "number"),
        ({"number": None}, "number"),
        ({"status": "nothing"}, "status"),
        ({"status": 1}, "status"),
        ({"status": None}, "status"),
        ({"total": "-1.00"}, "total"),
        ({"total": "1.005"}, "total"),
        ({"total": "1e3"}, "total"),
        ({"total": "NaN"}, "total"),
        ({"total": "12345678901.00"}, "total"),
        ({"total": "1_0"}, "total"),
        ({"total": 1}, "total"),
        ({"total": None}, "total"),
        ({"user_id": "1"}, "user_id"),
        ({"user_id": None}, "user_id"),
    ],
)
def test_refused_values(client: FlaskClient, values: Any, field: str) -> None:
    answer = create_order(client, **values)
    assert answer.status_code == 422
    fields = {error["field"].split(".")[0] for error in answer.json["errors"]}
    assert fields == {field}
