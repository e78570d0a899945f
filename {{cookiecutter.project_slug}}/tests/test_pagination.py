"""Cursors come from outside: a forged one is refused as a bad value, and tells nothing."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest
from flask.testing import FlaskClient
from marshmallow import ValidationError
from sqlalchemy import BigInteger, Column, Integer

from app.core.web.pagination import field_of
from tests.users.factory import create_user

USERS = "/api/v1/users/"


def encode(content: Any) -> str:
    """Return a cursor with this content, as the service writes one."""
    text = json.dumps(content, separators=(",", ":")).encode()
    return urlsafe_b64encode(text).decode().rstrip("=")


def decode(cursor: str) -> list[Any]:
    """Return the content of a cursor."""
    return json.loads(urlsafe_b64decode(cursor + "=="))


@pytest.fixture
def cursor(client: FlaskClient) -> str:
    """Return the cursor of the second page of users, in the order of their names."""
    for name in "ABC":
        create_user(client, name=name)
    return client.get(f"{USERS}?limit=1&sort=name").json["next_cursor"]


def status(client: FlaskClient, cursor: str, sort: str = "name") -> int:
    """Ask for the page after a cursor; return the status of the answer."""
    query = {"limit": 1, "sort": sort, "cursor": cursor}
    return client.get(USERS, query_string=query).status_code


def test_cursor_is_for_one_list_in_one_order(client: FlaskClient, cursor: str) -> None:
    table, sort, *position = decode(cursor)
    assert status(client, cursor) == 200
    assert status(client, cursor, sort="-name") == 422
    assert status(client, cursor, sort="email") == 422
    assert status(client, encode(["orders", sort, *position])) == 422
    assert status(client, encode([table, "email", *position])) == 422


@pytest.mark.parametrize(
    "position",
    [
        [],
        ["A"],
        ["A", "1", "2"],
        ["A", "1"],
        ["A", None],
        ["A", ["01890000-0000-7000-8000-000000000000"]],
        [None, "01890000-0000-7000-8000-000000000000"],
        [1, "01890000-0000-7000-8000-000000000000"],
        [{"a": 1}, "01890000-0000-7000-8000-000000000000"],
        ["nul\0", "01890000-0000-7000-8000-000000000000"],
        ["half \ud800", "01890000-0000-7000-8000-000000000000"],
    ],
)
def test_forged_positions_are_refused(
    client: FlaskClient, cursor: str, position: list[Any]
) -> None:
    assert status(client, encode([*decode(cursor)[:2], *position])) == 422


@pytest.mark.parametrize("moment", ["2026-01-31", "2026-01-31T12:00:00", "x", 1, None])
def test_forged_times_are_refused(client: FlaskClient, moment: Any) -> None:
    position = [moment, "01890000-0000-7000-8000-000000000000"]
    forged = encode(["users", "created_at", *position])
    assert status(client, forged, sort="created_at") == 422


@pytest.mark.parametrize("text", ["W10", "e30", "MQ", "bnVsbA", "x" * 5000, "=", "%00"])
def test_other_texts_are_refused(client: FlaskClient, text: str) -> None:
    assert status(client, text) == 422


def test_another_spelling_of_a_cursor_is_refused(
    client: FlaskClient, cursor: str
) -> None:
    spaced = urlsafe_b64encode(json.dumps(decode(cursor)).encode()).decode()
    assert status(client, spaced) == 422
    assert status(client, f"{cursor}=") == 422


@pytest.mark.parametrize(("kind", "bits"), [(Integer, 31), (BigInteger, 63)])
def test_forged_numbers_are_refused(kind: Any, bits: int) -> None:
    """What the column cannot have would be an error of the database."""
    field = field_of(Column("rank", kind))
    assert field.deserialize(2**bits - 1) == 2**bits - 1
    assert field.deserialize(-(2**bits)) == -(2**bits)
    for number in (2**bits, -(2**bits) - 1):
        with pytest.raises(ValidationError):
            field.deserialize(number)
