"""The endpoints of orders."""

from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from tests.orders.factory import create_order
from tests.users.factory import create_user

ORDERS = "/api/v1/orders/"


def test_create_and_read(client: FlaskClient) -> None:
    created = create_order(client, total="0.10")
    assert created.status_code == 201
    assert created.json["status"] == "pending"
    assert created.json["total"] == "0.10"
    assert client.get(f"{ORDERS}{created.json['id']}").json == created.json


def test_update(client: FlaskClient) -> None:
    created = create_order(client)
    changed = client.patch(
        f"{ORDERS}{created.json['id']}",
        json={"status": "paid"},
        headers={"If-Match": created.headers["ETag"]},
    )
    assert changed.status_code == 200
    assert changed.json["status"] == "paid"
    assert changed.json["total"] == created.json["total"]


def test_delete(client: FlaskClient) -> None:
    created = create_order(client)
    url = f"{ORDERS}{created.json['id']}"
    headers = {"If-Match": created.headers["ETag"]}
    assert client.delete(url, headers=headers).status_code == 204
    assert client.get(url).status_code == 404


def test_list_filters(client: FlaskClient) -> None:
    paid = create_order(client, status="paid").json
    create_order(client)
    assert client.get(f"{ORDERS}?status=paid").json["items"] == [paid]
    mine = client.get(f"{ORDERS}?user_id={paid['user_id']}").json["items"]
    assert mine == [paid]


def test_list_sorts_by_amount(client: FlaskClient) -> None:
    for total in ("9.00", "10.00", "1.00"):
        create_order(client, total=total)
    items = client.get(f"{ORDERS}?sort=-total").json["items"]
    assert [item["total"] for item in items] == ["10.00", "9.00", "1.00"]


def test_number_is_unique(client: FlaskClient) -> None:
    create_order(client, number="A1")
    answer = create_order(client, number="A1")
    assert answer.status_code == 409
    assert [error["field"] for error in answer.json["errors"]] == ["number"]


def test_user_must_exist(client: FlaskClient) -> None:
    gone = create_user(client)
    headers = {"If-Match": gone.headers["ETag"]}
    client.delete(f"/api/v1/users/{gone.json['id']}", headers=headers)
    for user_id in (str(uuid4()), gone.json["id"]):
        answer = create_order(client, user_id=user_id)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json["errors"]] == ["user_id"]


def test_user_with_orders_is_kept(client: FlaskClient) -> None:
    user = create_user(client)
    create_order(client, user_id=user.json["id"])
    url = f"/api/v1/users/{user.json['id']}"
    answer = client.delete(url, headers={"If-Match": user.headers["ETag"]})
    assert answer.status_code == 409
    assert client.get(url).status_code == 200


@pytest.mark.parametrize(
    "total",
    ["-1.00", "1.005", "1e3", "NaN", "12345678901.00", "1_0", "\u0661", 1, None],
)
def test_refused_amounts(client: FlaskClient, total: object) -> None:
    answer = create_order(client, total=total)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == ["total"]
