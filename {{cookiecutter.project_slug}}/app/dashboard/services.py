{% set order = "app.orders.models" if cookiecutter.layout == "domain" else "app.models.order" %}
{% set user = "app.users.models" if cookiecutter.layout == "domain" else "app.models.user" %}
"""The queries of the dashboard; knows nothing of HTTP and of Dash."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import wraps
from threading import Lock
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import current_app

from app.core.data.dialect import day
from app.core.data.session import db
from app.core.errors import Invalid
from app.core.web import pagination
from {{ order }} import Order, OrderStatus
from {{ user }} import User

from .filters import Filters

Answer = TypeVar("Answer")

KEPT_SECONDS = 20  # less than a page waits until it asks again
CUSTOMERS = ROWS = 10
# Revenue is what was paid.
ORDERS = sa.func.count(Order.id).label("orders")
PAID = sa.case((Order.status == OrderStatus.PAID, Order.total), else_=0)
REVENUE = sa.func.coalesce(sa.func.sum(PAID), 0).label("revenue")


def kept(query: Callable[[Filters], Answer]) -> Callable[[Filters], Answer]:
    """Keep an answer for some seconds: several cards and tabs ask the same at once."""
    lock = Lock()

    @wraps(query)
    def ask(filters: Filters) -> Answer:
        known: dict[Any, Any] = current_app.extensions.setdefault("dashboard", {})
        key = (query, filters)
        with lock:  # the others wait, instead of asking the database the same
            until, answer = known.get(key, (0.0, None))
            if until < time.monotonic():
                answer = query(filters)
                known[key] = (time.monotonic() + KEPT_SECONDS, answer)
        return answer  # type: ignore[no-any-return]

    return ask


@dataclass(frozen=True)
class Totals:
    """The figures of a span of time."""

    orders: int
    paid_orders: int
    revenue: Decimal
    users: int

    @property
    def average(self) -> Decimal:
        """Return the revenue of a paid order."""
        return self.revenue / (self.paid_orders or 1)


def within(column: Any, filters: Filters, back: int = 0) -> sa.ColumnElement[bool]:
    """Return the condition for times in the period, or in one before it."""
    start, end = filters.span(back)
    return sa.and_(column >= start, column <= end)


def of_statuses(filters: Filters) -> sa.ColumnElement[bool]:
    """Return the condition for orders with one of the chosen statuses."""
    if filters.statuses == tuple(OrderStatus):
        return sa.true()
    return Order.status.in_(filters.statuses)


@kept
def orders_per_day(filters: Filters) -> Sequence[Any]:
    """Return rows of `day` (UTC), `status`, `orders` and `revenue`."""
    on = day(Order.created_at).label("day")
    query = sa.select(on, Order.status, ORDERS, REVENUE)
    query = query.where(within(Order.created_at, filters), of_statuses(filters))
    return db.session.execute(query.group_by(on, Order.status)).all()


@kept
def users_per_day(filters: Filters) -> Sequence[Any]:
    """Return rows of `day` (UTC) and `users` who came on it."""
    on = day(User.created_at).label("day")
    query = sa.select(on, sa.func.count(User.id).label("users"))
    query = query.where(within(User.created_at, filters)).group_by(on)
    return db.session.execute(query).all()


def totals(filters: Filters) -> Totals:
    """Return the figures of the period."""
    rows = orders_per_day(filters)
    return Totals(
        orders=sum(row.orders for row in rows),
        paid_orders=sum(r.orders for r in rows if r.status == OrderStatus.PAID),
        revenue=sum((row.revenue for row in rows), Decimal()),
        users=sum(row.users for row in users_per_day(filters)),
    )


@kept
def totals_before(filters: Filters) -> Totals:
    """Return the figures of the same span before the period."""
    paid = sa.func.count(sa.case((Order.status == OrderStatus.PAID, 1)))
    query = sa.select(ORDERS, paid.label("paid"), REVENUE)
    query = query.where(within(Order.created_at, filters, 1), of_statuses(filters))
    row = db.session.execute(query).one()
    came = sa.select(sa.func.count(User.id))
    came = came.where(within(User.created_at, filters, 1))
    users = db.session.scalar(came) or 0
    return Totals(row.orders, row.paid, row.revenue, users)


@kept
def best_customers(filters: Filters) -> Sequence[Any]:
    """Return rows of `name`, `orders` and `revenue` of who paid most."""
    spent = sa.func.sum(Order.total).label("revenue")
    query = sa.select(Order.user_id, ORDERS, spent)
    query = query.where(within(Order.created_at, filters), of_statuses(filters))
    query = query.where(Order.status == OrderStatus.PAID).group_by(Order.user_id)
    best = query.order_by(spent.desc(), Order.user_id).limit(CUSTOMERS).subquery()
    # The names only of the few that are shown.
    named = sa.select(User.name, best.c.orders, best.c.revenue)
    named = named.join(best, best.c.user_id == User.id)
    return db.session.execute(named.order_by(best.c.revenue.desc(), User.id)).all()


def newest_orders(
    filters: Filters, older: str | None = None, newer: str | None = None
) -> dict[str, Any]:
    """Return a page of `items`, and the cursors of the pages beside it: None at an end.

    A cursor that is not one of this list leads to the first page.
    """
    try:
        if newer is None:
            return page_of(filters, "-created_at", older)
        page = page_of(filters, "created_at", newer)
        if page["newer"] is not None:
            return page
    except Invalid:
        pass
    return page_of(filters, "-created_at", None)


def page_of(filters: Filters, sort: str, cursor: str | None) -> dict[str, Any]:
    """Return the page after a cursor, newest first in either direction. Raises Invalid."""
    start, _ = filters.span()
    conditions = (Order.created_at >= start, of_statuses(filters))
    page = pagination.paginate(Order, *conditions, limit=ROWS, sort=sort, cursor=cursor)
    items = page["items"]
    if sort == "created_at":
        items = items[::-1]
        first, last = page["next_cursor"], items[-1] if items else None
        return {"items": items, "newer": first, "older": cursor_at(last, "-created_at")}
    first_row = items[0] if items and cursor else None
    newer = cursor_at(first_row, "created_at")
    return {"items": items, "newer": newer, "older": page["next_cursor"]}


def cursor_at(order: Order | None, sort: str) -> str | None:
    """Return the cursor that leads on from an order."""
    if order is None:
        return None
    position = [Order.__tablename__, sort, order.created_at, order.id]
    return pagination.encode(position)
