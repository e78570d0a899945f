"""What the service offers beside its resources."""

import re
from uuid import UUID

import flask_smorest
import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient, FlaskCliRunner

from app import create_app
{% if cookiecutter.database == "sqlite" %}
from app.core.web import health
{% endif %}
from app.settings import load_settings


def test_health(client: FlaskClient) -> None:
    assert client.get("/health/live").status_code == 200
    assert client.get("/health/ready").status_code == 200


{% if cookiecutter.database == "sqlite" %}
def test_full_disk_is_not_ready(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "ROOM", 2**63)  # more than any disk has
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json["detail"]) == (503, "The disk is full.")


{% endif %}
def test_url_is_built(app: Flask) -> None:
    """By a rule that learns it when it is first asked."""
    rules = {rule.rule: rule.endpoint for rule in app.url_map.iter_rules()}
    endpoint, ada = rules["/api/v1/users/<uuid:user_id>"], UUID(int=1)
    with app.test_request_context():
        for _ in range(2):
            url = url_for(endpoint, user_id=ada, page=2)
            assert url == f"/api/v1/users/{ada}?page=2"


def test_openapi(client: FlaskClient) -> None:
    document = client.get("/openapi.json").json
    assert document["openapi"].startswith("3.1.")
    operations = [
        operation
        for path in document["paths"].values()
        for method, operation in path.items()
        if method != "parameters"
    ]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids))
    assert all(operation["summary"] for operation in operations)


def test_what_cannot_be_described_is_an_error_each_time() -> None:
    """Not only for the first who asks: no operation is missing without a word."""
    service = create_app(load_settings(), routes=[])
    api = service.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    api.undescribed.append(lambda: 1 / 0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            api.spec.to_dict()


def test_examples_can_be_tried_out(client: FlaskClient) -> None:
    """Each resource has one, which is good but for rows that are not there."""
    for path, operations in client.get("/openapi.json").json["paths"].items():
        post = operations.get("post", {"responses": {}})
        created = post["responses"].get("201", {})
        if not path.endswith("/") or "ETag" not in created.get("headers", {}):
            continue
        body = post["requestBody"]["content"]["application/json"]
        answer = client.post(path, json=body["example"])
        fields = [error["field"] for error in answer.json.get("errors", [])]
        missing = bool(fields) and all(field.endswith("_id") for field in fields)
        assert answer.status_code == (422 if missing else 201), (path, answer.json)


def test_openapi_says_what_to_expect(client: FlaskClient) -> None:
    """Clients are generated from these names, errors and patterns."""
    document = client.get("/openapi.json").json
    get = document["paths"]["/api/v1/users/{user_id}"]["get"]
    post = document["paths"]["/api/v1/users/"]["post"]
    assert [get["operationId"], post["operationId"]] == ["users_get", "users_create"]
    assert "404" in get["responses"]
    assert "422" not in get["responses"]
    assert {"409", "413", "415", "422"} <= post["responses"].keys() - {"404"}
    name = document["components"]["schemas"]["UserCreate"]["properties"]["name"]
    assert name["pattern"] == "^[^\\u0000]*$"
    missing = document["components"]["responses"]["NotFound"]
    assert missing["content"].keys() == {"application/problem+json"}


def test_docs_page_needs_no_other_host(client: FlaskClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.text)
    for url in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        with client.get(url) as file:
            assert file.status_code == 200


@pytest.mark.parametrize("path", ["/docs", "/health/live", "/api/v1/users"])
def test_final_slash_makes_no_difference(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 200
    assert client.get(f"{path}/").data == client.get(path).data


def test_wrong_method_without_final_slash(client: FlaskClient) -> None:
    """It is 405 with Allow, as with the slash, and not 404."""
    for path in ("/api/v1/users", "/api/v1/users/", "/docs", "/docs/"):
        answer = client.put(path)
        assert answer.status_code == 405
        assert "GET" in answer.headers["Allow"]


def test_request_id(client: FlaskClient) -> None:
    given = client.get("/health/live", headers={"X-Request-ID": "abc-1"})
    assert given.headers["X-Request-ID"] == "abc-1"
    strange = client.get("/health/live", headers={"X-Request-ID": "a b" * 99})
    assert re.fullmatch("[0-9a-f]{32}", strange.headers["X-Request-ID"])


def test_blueprint_of_another_kind_is_refused(app: Flask) -> None:
    """It would be served without the checks that every operation needs."""
    other = flask_smorest.Blueprint("other", __name__)
    with pytest.raises(TypeError, match=r"app\.core\..*blueprint"):
        create_app(load_settings(), routes=[other])


def test_shell_has_the_models_at_hand(app: Flask) -> None:
    with app.app_context():
        names = app.make_shell_context()
    assert {"db", "User"} <= names.keys()


def test_hello(runner: FlaskCliRunner) -> None:
    assert "Hello, Ada!" in runner.invoke(args=["hello", "Ada"]).output


def test_seed(runner: FlaskCliRunner, client: FlaskClient) -> None:
    result = runner.invoke(args=["seed"])
    assert result.exit_code == 0, result.output
    assert len(client.get("/api/v1/users/").json["items"]) >= 10
