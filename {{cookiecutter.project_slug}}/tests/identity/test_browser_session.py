"""Browser sessions: who sees pages that are no API, and how that ends."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from app.core.data.session import db
from app.core.identity import browser_session, passwords, services, sign_ins
from app.core.identity.views import blp
{% if cookiecutter.layout == "domain" %}
from app.settings import load_settings
from app.users.models import User
{% else %}
from app.models.user import User
from app.settings import load_settings
{% endif %}
from tests.clients import sign_in, with_token

PASSWORD = "correct horse battery staple"
ROOT = {"email": "root@example.com", "password": PASSWORD}
HTML = {"Accept": "text/html,*/*"}
API = "/api/v1/auth/sign-ins/"

panel = Blueprint("panel", __name__, url_prefix="/panel")


@panel.record
def _protect(state: Any) -> None:
    browser_session.protect(state.app, "/panel")


@panel.route("/", methods=["GET", "POST"])
@panel.route("/deep/<path:name>", methods=["GET", "PUT", "DELETE"])
def _page(name: str = "") -> str:
    return "seen"


def make_service(app: Flask, **settings: Any) -> Flask:
    """Make a service with a panel, on the database and in the transaction of `app`."""
    same = {name: app.config[name] for name in ("DATABASE_URL", "SECRET_KEY")}
    settings = {**same, **settings}
    service = create_app(replace(load_settings(), **settings), [blp, panel])
    with app.app_context():
        connection = db.engines[None]
    with service.app_context():
        db.engine.dispose()
        db.engines[None] = connection
    return service


@pytest.fixture
def service(app: Flask) -> Iterator[Flask]:
    """Return the service with a panel, and a superuser who has a password."""
    with app.app_context():
        db.session.add(make_user(is_superuser=True))
        db.session.commit()
    return make_service(app)


def make_user(email: str = ROOT["email"], **values: Any) -> User:
    """Return a new user with the password of the tests."""
    stored = passwords.make_hash(PASSWORD)
    return User(email=email, name="Root", password_hash=stored, **values)


def enter(client: FlaskClient, query: str = "", **changes: str) -> TestResponse:
    """Send the form."""
    return client.post(f"/panel/sign-in{query}", data={**ROOT, **changes})


@pytest.fixture
def browser(service: Flask) -> FlaskClient:
    """Return a client that has signed in by the form."""
    client = service.test_client()
    assert enter(client).status_code == 303
    assert client.get("/panel/").text == "seen"
    return client


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_closed_to_strangers(service: Flask, method: str) -> None:
    client = service.test_client()
    for path in ("/panel/", "/panel", "/panel/deep/x", "/panel/deep/sign-in"):
        answer = client.open(path, method=method)
        assert answer.status_code in {401, 405}, path
        assert "seen" not in answer.text


def test_other_spellings_lead_nowhere(service: Flask) -> None:
    client = service.test_client()
    for path in ("//panel/", "/panel//", "/PANEL/", "/panel/../panel/", "/panel%2f"):
        assert client.get(path).status_code in {401, 404}, path


def test_form_leads_back(service: Flask) -> None:
    client = service.test_client()
    sent = client.get("/panel/?days=7&status=paid", headers=HTML)
    assert sent.status_code == 303
    assert sent.location == "/panel/sign-in?days=7&status=paid"
    form = client.get(sent.location)
    assert form.headers["Cache-Control"] == "no-store"
    assert form.headers["Referrer-Policy"] == "same-origin"
    back = enter(client, "?days=7&status=paid")
    assert back.location == "/panel/?days=7&status=paid"
    assert client.get(back.location).text == "seen"


def test_cookie(service: Flask) -> None:
    sent = enter(service.test_client()).headers["Set-Cookie"]
    assert sent.startswith("browser_session=")
    for attribute in ("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"):
        assert f"; {attribute}" in sent
    assert "Domain" not in sent


def test_cookie_of_production(app: Flask, service: Flask) -> None:
    secure = make_service(app, APP_ENV="production").test_client()
    sent = enter(secure).headers["Set-Cookie"]
    assert sent.startswith("__Host-browser_session=")
    assert "; Secure" in sent


def test_only_superusers(app: Flask, service: Flask) -> None:
    with app.app_context():
        db.session.add(make_user("other@example.com"))
        db.session.commit()
    client = service.test_client()
    answer = enter(client, email="other@example.com")
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers
    assert client.get("/panel/").status_code == 401


def sign_out(browser: FlaskClient, user: User) -> None:
    assert browser.post("/panel/sign-out").status_code == 303


def end_sign_ins(browser: FlaskClient, user: User) -> None:
    sign_ins.end_access(user.id)


def new_password(browser: FlaskClient, user: User) -> None:
    services.set_password(user, "another good password")


def deactivate(browser: FlaskClient, user: User) -> None:
    user.is_active = False
    db.session.commit()


def demote(browser: FlaskClient, user: User) -> None:
    user.is_superuser = False
    db.session.commit()


@pytest.mark.parametrize(
    "end", [sign_out, end_sign_ins, new_password, deactivate, demote]
)
def test_session_ends_at_once(
    service: Flask, browser: FlaskClient, end: Callable[[FlaskClient, User], None]
) -> None:
    kept = browser.get_cookie("browser_session")
    assert kept is not None
    with service.app_context():
        user = db.session.scalars(db.select(User).filter_by(email=ROOT["email"])).one()
        end(browser, user)
    browser.set_cookie("browser_session", kept.value)
    assert browser.get("/panel/").status_code == 401


def test_session_expires(service: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser_session, "LIFETIME", timedelta(seconds=-1))
    client = service.test_client()
    sent = enter(client).headers["Set-Cookie"]
    client.set_cookie("browser_session", sent.partition("=")[2].partition(";")[0])
    assert client.get("/panel/").status_code == 401


def test_signing_in_again_ends_the_session_before(browser: FlaskClient) -> None:
    before = browser.get_cookie("browser_session")
    assert before is not None
    enter(browser)
    assert browser.get("/panel/").text == "seen"
    browser.set_cookie("browser_session", before.value)
    assert browser.get("/panel/").status_code == 401


def test_api_takes_no_session(service: Flask, browser: FlaskClient) -> None:
    cookie = browser.get_cookie("browser_session")
    assert cookie is not None
    assert browser.get(API).status_code == 401
    assert with_token(service, cookie.value).get(API).status_code == 401


def test_pages_take_no_token(app: Flask, service: Flask) -> None:
    client = sign_in(app, is_superuser=True)
    token = client.environ_base["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    assert with_token(service, token).get("/panel/").status_code == 401
    stranger = service.test_client()
    stranger.set_cookie("browser_session", token)
    assert stranger.get("/panel/").status_code == 401


@pytest.mark.parametrize("value", ["", "x", "a.b.c", "é", "x" * 4000])
def test_rubbish_in_the_cookie(service: Flask, value: str) -> None:
    client = service.test_client()
    client.set_cookie("browser_session", value)
    assert client.get("/panel/").status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
        ({"Origin": "https://evil.example.org"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_other_sites_are_refused(
    browser: FlaskClient, headers: dict[str, str], status: int
) -> None:
    """CSRF: also of the form itself, or somebody would be signed in as another."""
    assert browser.post("/panel/", headers=headers).status_code == status
    if status == 403:
        assert browser.post("/panel/sign-out", headers=headers).status_code == 403
        sent = browser.post("/panel/sign-in", headers=headers, data=ROOT)
        assert sent.status_code == 403
        assert browser.get("/panel/").text == "seen"


def test_limits_of_signing_in_hold(service: Flask) -> None:
    client = service.test_client()
    for _ in range(10):
        answer = enter(client, password="wrong")
        assert answer.status_code == 401
        assert services.WRONG in answer.text
    answer = enter(client)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    login = client.post("/api/v1/auth/login", json=ROOT)
    assert login.status_code == 429


def test_limit_of_an_address_holds(app: Flask, service: Flask) -> None:
    client = make_service(app, LOGIN_LIMIT="2 per minute").test_client()
    for _ in range(2):
        assert enter(client, email="no address").status_code == 401
    assert client.get("/panel/sign-in").status_code == 200
    answer = enter(client)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
