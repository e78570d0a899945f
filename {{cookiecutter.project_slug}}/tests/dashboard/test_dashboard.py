"""The dashboard: what it says to browsers, and its figures."""

import re
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.data.base import utc_now
from app.core.data.session import db
from app.dashboard import filters, services
from app.dashboard.filters import Filters
{% if cookiecutter.layout == "domain" %}
from app.orders.models import Order, OrderStatus
from app.users.models import User
{% else %}
from app.models.order import Order, OrderStatus
from app.models.user import User
{% endif %}
from tests.dashboard.conftest import call, other, texts

PAID, PENDING = OrderStatus.PAID, OrderStatus.PENDING
FIGURES = ("time", "orders", "revenue", "average", "users")
numbers = count()


@pytest.fixture
def customer(app: Flask) -> User:
    """Return a user who came long ago."""
    user = User(email="ada@example.com", name="Ada")
    user.created_at = utc_now() - timedelta(days=1000)
    with app.app_context():
        db.session.add(user)
        db.session.commit()
    return user


def midnight(days_ago: int) -> datetime:
    """Return the first moment (UTC) of a day."""
    return datetime.combine(utc_now().date() - timedelta(days=days_ago), time(), UTC)


def place(
    app: Flask, user: User, at: datetime, total: str = "10.00", **values: Any
) -> None:
    """Store an order of this moment."""
    values = {"status": PAID, **values}
    order = Order(number=f"D{next(numbers)}", user_id=user.id, **values)
    order.total, order.created_at = Decimal(total), at
    with app.app_context():
        db.session.add(order)
        db.session.commit()


def test_switched_off(app: Flask) -> None:
    client = other(app, DASHBOARD_ENABLED=False).test_client()
    for path in ("/dashboard/", "/dashboard/sign-in", "/dashboard/_dash-layout"):
        assert client.get(path).status_code == 404


def test_page_loads_nothing_foreign(viewer: FlaskClient) -> None:
    answer = viewer.get("/dashboard/?days=7")
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe-eval" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    scripts = re.findall("<script(.*?)>(.*?)</script>", answer.text, re.DOTALL)
    assert len(scripts) > 5
    for attributes, content in scripts:
        assert "application/json" in attributes or not content.strip()
    assert not re.findall(r'(?:src|href)="(?!/dashboard/|data:)', answer.text)


def test_scripts_are_served_from_the_first_request(
    app: Flask, viewer: FlaskClient
) -> None:
    """Browsers ask for many at once; nothing that a request sets up is missing."""
    page = viewer.get("/dashboard/").text
    scripts = re.findall(r'src="(/dashboard/_dash-component-suites/[^"]+)"', page)
    assert len(scripts) > 5
    service = other(app)
    for script in scripts:
        with service.test_request_context(script):
            assert service.dispatch_request().status_code == 200


def test_several_applications(app: Flask, viewer: FlaskClient) -> None:
    """Callbacks belong to an application, and not to the first one of a process."""
    path = "/dashboard/_dash-dependencies"
    ours = {callback["output"] for callback in viewer.get(path).json}
    with other(app).test_request_context() as context:
        theirs = context.app.view_functions[path]().json
    assert {callback["output"] for callback in theirs} == ours
    assert len(ours) > 1


def test_days_end_at_midnight_utc(app: Flask, customer: User) -> None:
    for at in (midnight(3), midnight(2) - timedelta(microseconds=1), midnight(2)):
        place(app, customer, at)
    with app.app_context():
{% if cookiecutter.database == "postgresql" %}
        db.session.execute(db.text("SET LOCAL TIME ZONE 'Asia/Tokyo'"))
{% endif %}
        rows = services.orders_per_day(Filters(7))
        days = {row.day: row.orders for row in rows}
        assert days == {midnight(3).date(): 2, midnight(2).date(): 1}
        assert services.totals(Filters(7)).orders == 3


def test_period_begins_at_midnight_utc(app: Flask, customer: User) -> None:
    place(app, customer, midnight(6))
    place(app, customer, midnight(6) - timedelta(microseconds=1))
    with app.app_context():
        assert services.totals(Filters(7)).orders == 1
    assert len(Filters(7).every_day()) == 7


def test_figures_and_their_change(
    app: Flask, viewer: FlaskClient, customer: User
) -> None:
    place(app, customer, midnight(1), "30.50")
    place(app, customer, midnight(1), "20.00")
    place(app, customer, midnight(1), "99.00", status=PENDING)
    place(app, customer, midnight(1), "1.00", deleted_at=utc_now())
    place(app, customer, midnight(8), "101.00")
    outputs = tuple(f"{name}.children" for name in FIGURES)
    found = call(viewer, *outputs, search="?days=7").json["response"]
    shown = {name: "".join(texts(found[name]["children"])) for name in FIGURES}
    assert shown["orders"] == "3▲  up 200.0% on the 7 days before"
    assert shown["revenue"] == "50.50▼  down 50.0% on the 7 days before"
    assert shown["average"] == "25.25▼  down 75.0% on the 7 days before"
    found = call(viewer, *outputs, search="?days=7&status=pending").json["response"]
    assert "".join(texts(found["orders"]["children"])) == "1none in the 7 days before"


@pytest.mark.parametrize(
    ("output", "expected"),
    [("orders-per-day.figure", [1, 0]), ("revenue-per-day.figure", [10.0, 0])],
)
def test_charts(
    app: Flask, viewer: FlaskClient, customer: User, output: str, expected: list[Any]
) -> None:
    place(app, customer, midnight(1))
    name, prop = output.split(".")
    found = call(viewer, output, search="?days=7&status=paid").json["response"]
    (trace,) = found[name][prop]["data"]
    assert [float(value) for value in trace["y"][-2:]] == expected
    assert trace["x"][-1] == utc_now().date().isoformat()
    assert "annotations" not in found[name][prop]["layout"]


@pytest.mark.parametrize("name", ["orders-per-day", "revenue-per-day"])
def test_empty_charts_say_so(viewer: FlaskClient, name: str) -> None:
    found = call(viewer, f"{name}.figure", search="?days=7").json["response"]
    (note,) = found[name]["figure"]["layout"]["annotations"]
    assert note["text"] == "Nothing in this period"


def test_empty_tables_say_so(viewer: FlaskClient) -> None:
    for name in ("best-customers", "newest-orders"):
        found = call(viewer, f"{name}.children").json["response"]
        assert "Nothing in this period" in texts(found[name]["children"])


def test_best_customers(app: Flask, viewer: FlaskClient, customer: User) -> None:
    place(app, customer, utc_now(), "12.00")
    place(app, customer, utc_now(), "0.50")
    place(app, customer, utc_now(), "5000.00", status=PENDING)
    place(app, customer, utc_now(), "70.00", deleted_at=utc_now())
    found = call(viewer, "best-customers.children").json["response"]
    row = texts(found["best-customers"]["children"])[-3:]
    assert row == ["Ada", "2", "12.50"]


def test_pages_of_orders_lead_back(app: Flask, customer: User) -> None:
    for minute in range(35):
        place(app, customer, utc_now() - timedelta(minutes=minute))
    with app.app_context():
        pages = [services.newest_orders(Filters())]
        while cursor := pages[-1]["older"]:
            pages.append(services.newest_orders(Filters(), older=cursor))
        assert [len(page["items"]) for page in pages] == [10, 10, 10, 5]
        assert pages[0]["newer"] is None
        back = [pages.pop()]
        while cursor := back[-1]["newer"]:
            back.append(services.newest_orders(Filters(), newer=cursor))
            assert back[-1]["items"] == pages.pop()["items"]
        assert pages == []
        first = services.newest_orders(Filters())["items"]
        assert services.newest_orders(Filters(), older="rubbish")["items"] == first
        assert services.newest_orders(Filters(), newer="rubbish")["items"] == first


@pytest.mark.parametrize(
    "chosen", [Filters(), Filters(7, (PAID,)), Filters(90, ()), Filters(30, (PENDING,))]
)
def test_filters_are_in_the_url(chosen: Filters) -> None:
    assert filters.read(chosen.query) == chosen
    assert filters.read(chosen.query + "&older=x&more=1") == chosen


@pytest.mark.parametrize(
    "search", ["", "?", "?days=x", "?days=31", "?days=-1", "?%ff", 7, [""]]
)
def test_rubbish_in_the_url_has_its_default(viewer: FlaskClient, search: Any) -> None:
    assert filters.read(search) == Filters()
    assert call(viewer, "newest-orders.children", search=search).status_code == 200


def test_same_question_is_asked_once(app: Flask, customer: User) -> None:
    """Several cards and tabs need it within seconds."""
    with app.app_context():
        before = services.orders_per_day(Filters())
        place(app, customer, utc_now())
        assert services.orders_per_day(Filters()) is before
        assert services.orders_per_day(Filters(7)) != before
