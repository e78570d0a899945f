{% set order = "app.orders.models" if cookiecutter.layout == "domain" else "app.models.order" %}
"""What a card shows: figures of Plotly, and tables, made of the rows of services."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from {{ order }} import Order, OrderStatus

from .filters import Filters

BLUE, GREEN, GREY = "#3b82f6", "#10b981", "#94a3b8"
COLORS = {
    OrderStatus.PENDING: BLUE,
    OrderStatus.PAID: GREEN,
    OrderStatus.CANCELLED: GREY,
}
# The colours of texts and lines are in dashboard.css: they follow light and dark.
LAYOUT: dict[str, Any] = {
    "height": 240,
    "margin": {"l": 48, "r": 8, "t": 8, "b": 36},
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "showlegend": False,
    "hovermode": "x unified",
    "dragmode": False,
    "font": {"family": "system-ui, sans-serif", "size": 11},
    "xaxis": {"type": "date", "showgrid": False, "fixedrange": True},
    "yaxis": {"rangemode": "tozero", "zeroline": False, "fixedrange": True},
}
EMPTY = {"text": "Nothing in this period", "showarrow": False, "font": {"size": 14}}
EMPTY |= {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5}


def bars(days: Sequence[date], by_name: dict[str, Any]) -> dict[str, Any]:
    """Return stacked bars: of each name, its `color` and its `values` by day."""
    traces = [
        {
            "type": "bar",
            "name": name,
            "x": days,
            "y": [each["values"].get(day, 0) for day in days],
            "marker": {"color": each["color"]},
        }
        for name, each in by_name.items()
    ]
    some = any(each["values"] for each in by_name.values())
    return figure(traces, some, barmode="stack", bargap=0.25)


def line(days: Sequence[date], name: str, values: dict[date, Any]) -> dict[str, Any]:
    """Return a line with the area below it."""
    trace = {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": days,
        "y": [values.get(day, 0) for day in days],
        "line": {"color": BLUE, "width": 2},
        "fill": "tozeroy",
        "fillcolor": "rgba(59,130,246,0.12)",
    }
    return figure([trace], any(values.values()))


def figure(traces: list[Any], some: bool, **layout: Any) -> dict[str, Any]:
    """Return a figure; where there is nothing to show, it says so."""
    empty = {"annotations": [EMPTY], "xaxis": {"visible": False}}
    empty["yaxis"] = {"visible": False}
    return {"data": traces, "layout": LAYOUT | layout | ({} if some else empty)}


def orders_per_day(filters: Filters, rows: Sequence[Any]) -> dict[str, Any]:
    """Return the chart of orders by day and status."""
    values: dict[OrderStatus, dict[date, int]] = defaultdict(dict)
    for row in rows:
        values[row.status][row.day] = row.orders
    by_name = {
        status.value: {"color": COLORS[status], "values": values[status]}
        for status in filters.statuses
    }
    return bars(filters.every_day(), by_name)


def revenue_per_day(filters: Filters, rows: Sequence[Any]) -> dict[str, Any]:
    """Return the chart of revenue by day."""
    values: dict[date, Decimal] = defaultdict(Decimal)
    for row in rows:
        values[row.day] += row.revenue
    return line(filters.every_day(), "revenue", values)


def users_per_day(filters: Filters, rows: Sequence[Any]) -> dict[str, Any]:
    """Return the chart of new users by day."""
    values = {row.day: row.users for row in rows}
    return line(filters.every_day(), "new users", values)


def number(value: Decimal | int, before: Decimal | int, days: int) -> list[Component]:
    """Return a figure and its change against the same span before."""
    text = f"{value:,.2f}" if isinstance(value, Decimal) else f"{value:,}"
    return [html.Strong(text), html.P(change(value, before, days))]


def change(value: Decimal | int, before: Decimal | int, days: int) -> list[Any]:
    """Return the words for a change."""
    words = html.Span(f" the {days} days before", className="aside")
    if not before:
        return [html.Span("none in", className="same"), words]
    percent = (float(value) / float(before) - 1) * 100
    if abs(percent) < 0.05:
        return [html.Span("same as", className="same"), words]
    sign, kind = ("▲", "up") if percent > 0 else ("▼", "down")
    shown = f"{abs(percent):,.1f}%"
    return [html.Span([f"{sign} ", unseen(kind), shown], className=kind), " on", words]


def named(name: str) -> dict[str, Any]:
    """Return the property that names an element to screen readers."""
    return {"aria-label": name}


def unseen(text: str) -> Component:
    """Return a text that is for screen readers."""
    return html.Span(f" {text} ", className="unseen")


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Component:
    """Return a table, or a line that says that there is nothing in it."""
    if not rows:
        return html.P("Nothing in this period", className="empty")
    titles = html.Tr([html.Th(title, scope="col") for title in head])
    body = [html.Tr([html.Td(cell) for cell in row]) for row in rows]
    return html.Table([html.Thead(titles), html.Tbody(body)])


def best_customers(rows: Sequence[Any]) -> Component:
    """Return the table of best customers, with their share of the best one."""
    most = max((row.revenue for row in rows), default=0) or 1
    return table(
        ("Name", "Share", "Orders", "Revenue"),
        [
            (
                row.name,
                html.Meter(value=f"{row.revenue / most:.4f}", title=row.name),
                f"{row.orders:,}",
                f"{row.revenue:,.2f}",
            )
            for row in rows
        ],
    )


def newest_orders(filters: Filters, page: dict[str, Any]) -> list[Component]:
    """Return the table of newest orders, and the links to the pages beside this one."""
    links = [
        beside(filters, text, page[text.lower()], text.lower())
        for text in ("Newer", "Older")
    ]
    rows = [order_row(order) for order in page["items"]]
    nav = html.Nav(links, **named("Pages of orders"))
    return [table(("Number", "Created (UTC)", "Status", "Total"), rows), nav]


def order_row(order: Order) -> tuple[Any, ...]:
    """Return the cells of an order."""
    created = f"{order.created_at:%d %b %H:%M}"
    status = html.Span(order.status.value.title(), className=f"dot {order.status}")
    return order.number, created, status, f"{order.total:,.2f}"


def beside(filters: Filters, text: str, cursor: str | None, name: str) -> Component:
    """Return the link to the page after a cursor, or a text where there is none."""
    if cursor is None:
        return html.Span(text, className="button off")
    query = f"{filters.query}&".replace("?&", "?")
    return dcc.Link(text, href=f"{query}{name}={cursor}", className="button")


def pill(text: str, href: str, chosen: bool, kind: str = "") -> Component:
    """Return a link that chooses something; it says whether it is chosen."""
    state = unseen("chosen") if chosen else unseen("not chosen")
    name = f"pill {kind}".rstrip() + (" on" if chosen else "")
    return dcc.Link([text, state], href=href, className=name)
