"""The endpoints of users."""

import pytest
from flask.testing import FlaskClient

from tests.users.factory import create_user

USERS = "/api/v1/users/"


def test_create_and_read(client: FlaskClient) -> None:
    created = create_user(client, email="Ada@Example.com", name="Ada")
    assert created.status_code == 201
    read = client.get(f"{USERS}{created.json['id']}")
    assert read.json == created.json
    assert read.json["email"] == "ada@example.com"
    assert read.json["is_active"] is True
    assert read.headers["ETag"] == created.headers["ETag"]
    assert created.headers["Location"] == f"{USERS}{created.json['id']}"


def test_update(client: FlaskClient) -> None:
    created = create_user(client, name="Ada")
    changed = client.patch(
        f"{USERS}{created.json['id']}",
        json={"name": "Grace"},
        headers={"If-Match": created.headers["ETag"]},
    )
    assert changed.status_code == 200
    assert changed.json["name"] == "Grace"
    assert changed.json["email"] == created.json["email"]
    assert changed.headers["ETag"] != created.headers["ETag"]


def test_delete(client: FlaskClient) -> None:
    created = create_user(client)
    url = f"{USERS}{created.json['id']}"
    deleted = client.delete(url, headers={"If-Match": created.headers["ETag"]})
    assert (deleted.status_code, deleted.data) == (204, b"")
    assert client.get(url).status_code == 404
    assert created.json not in client.get(USERS).json["items"]


def test_list_filters(client: FlaskClient) -> None:
    active = create_user(client).json
    inactive = create_user(client, is_active=False).json
    assert client.get(f"{USERS}?is_active=false").json["items"] == [inactive]
    assert active in client.get(f"{USERS}?is_active=true").json["items"]


@pytest.mark.parametrize("sort", ["created_at", "email", "name"])
@pytest.mark.parametrize("direction", ["", "-"])
def test_list_pages_are_complete(
    client: FlaskClient, sort: str, direction: str
) -> None:
    users = [create_user(client, name=name).json for name in "BABCA"]
    expected = sorted(users, key=lambda user: (user[sort], user["id"]))
    found, cursor = [], ""
    while cursor is not None:
        url = f"{USERS}?limit=2&sort={direction}{sort}"
        page = client.get(f"{url}&cursor={cursor}" if cursor else url).json
        found += page["items"]
        cursor = page["next_cursor"]
    mine = [user for user in found if user in users]
    assert mine == (expected[::-1] if direction else expected)
    assert len({user["id"] for user in found}) == len(found)


@pytest.mark.parametrize(
    "email",
    [
        '"quoted"@example.com',
        "a\u0000b@example.com",
        "a\nb@example.com",
        "a b@example.com",
        "a@192.0.2.1",
        "a@[192.0.2.1]",
        f"{'a' * 65}@example.com",
        f"{'a' * 60}@{'b.' * 200}com",
        "a@exam\u200bple.com",
        "a\u00ad@example.com",
        "a@example\ufe0f.com",
        "a@example\u2028.com",
    ],
)
def test_strange_addresses_are_refused(client: FlaskClient, email: str) -> None:
    answer = create_user(client, email=email)
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json["errors"]} == {"email"}


def test_length_of_an_address_is_judged_first(client: FlaskClient) -> None:
    """To match the pattern takes quadratic time: minutes for what a body may hold."""
    for email in (f"a@{'a' * 300}.", f"{chr(0xFDFA) * 250}@example.com"):
        (error,) = create_user(client, email=email).json["errors"]
        assert error["message"] == "Longer than maximum length 254."


def test_full_width_letters_are_what_they_look_like(client: FlaskClient) -> None:
    full_width = "\uff21\uff44\uff41@example.com"
    assert create_user(client, email=full_width).json["email"] == "ada@example.com"
    assert create_user(client, email="ada@example.com").status_code == 409


def test_lookup(client: FlaskClient) -> None:
    user = create_user(client, email="ada@example.com").json
    assert client.get(f"{USERS}lookup?email=ADA@example.com").json == user
    assert client.get(f"{USERS}lookup?email=nobody@example.com").status_code == 404
    assert client.get(f"{USERS}lookup").status_code == 422


def test_email_is_unique_in_any_case(client: FlaskClient) -> None:
    create_user(client, email="ada@example.com")
    answer = create_user(client, email="ADA@example.com")
    assert answer.status_code == 409
    assert [error["field"] for error in answer.json["errors"]] == ["email"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": None}, "email"),
        ({"email": "a@\ud800.com"}, "email"),
        ({"email": "\u0130@example.com"}, "email"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "nul\0"}, "name"),
        ({"name": "half \ud800"}, "name"),
        ({"is_active": "perhaps"}, "is_active"),
        ({"id": "01890000-0000-7000-8000-000000000000"}, "id"),
    ],
)
def test_refused_values(client: FlaskClient, values: dict, field: str) -> None:
    answer = create_user(client, **values)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]
