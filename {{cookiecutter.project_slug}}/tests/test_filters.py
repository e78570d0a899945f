"""Filters of lists: several values, periods, and texts that are looked for as they are."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.data.base import Base
from app.core.web.pagination import paginate
from tests.users.factory import create_user

USERS = "/api/v1/users/"
(User,) = [m.class_ for m in Base.registry.mappers if m.class_.__name__ == "User"]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"name": "A"}, {"A"}),
        ({"name": ["A", "B", "A"]}, {"A", "B"}),
        ({"name": []}, set()),
        ({"name__min": "B", "name__max": "C"}, {"B", "C"}),
        ({"name__after": "A", "name__before": "C"}, {"A", "B"}),
        ({"name__contains": "%"}, {"x%y"}),
        ({"name__contains": "_"}, {"x_y"}),
        ({"name__contains": "X"}, {"x%y", "x_y"}),
        ({"name__email__contains": "b@"}, {"B"}),
    ],
)
def test_filters(
    app: Flask, client: FlaskClient, filters: dict[str, Any], names: set[str]
) -> None:
    made = {"A", "B", "C", "x%y", "x_y"}
    for name in made:
        create_user(client, name=name, email=f"{name}@example.com")
    with app.app_context():
        found = paginate(User, limit=100, sort="name", **filters)["items"]
        assert {user.name for user in found} & made == names


def test_periods_meet_and_do_not_overlap(client: FlaskClient) -> None:
    row = create_user(client).json
    moment = row["created_at"]
    after = client.get(USERS, query_string={"created_after": moment}).json["items"]
    before = client.get(USERS, query_string={"created_before": moment}).json["items"]
    assert row in after
    assert row not in before


def test_filters_are_documented(client: FlaskClient) -> None:
    document = client.get("/openapi.json").json
    parameters = document["paths"][USERS]["get"]["parameters"]
    texts = {each["name"]: each.get("description") for each in parameters}
    assert texts["created_after"] == "At this or later"
