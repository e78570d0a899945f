{% set order = "app.orders.models" if cookiecutter.layout == "domain" else "app.models.order" %}
"""The page: its cards, and the callbacks that fill them.

To add a card: a query in services.py, a figure of it in figures.py, and here a line in
`layout` and a callback with its Output. What a callback may depend on is in FILTERS.
"""

from pathlib import Path
from typing import Any

from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component
from flask import Flask

from app.core.data.base import utc_now
from {{ order }} import OrderStatus

from . import figures, filters, services

SECONDS = 30  # until the page asks again
INDEX = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
# The filters are in the URL of the page: its query, and the clock.
FILTERS = (Input("url", "search"), Input("clock", "n_intervals"))
CHART: Any = {"displayModeBar": False, "responsive": True}


def mount(app: Flask, prefix: str) -> None:
    """Serve the page below a path of an application."""
    page = Dash(
        __name__,
        server=app,  # type: ignore[arg-type]
        url_base_pathname=prefix,
        title=f"Dashboard: {app.config['API_TITLE']}",
        index_string=INDEX.replace("PREFIX", prefix),
        update_title="",
        add_log_handler=False,
        include_assets_files=False,
        compress=False,  # it would change the ETags of the API
    )
    page.layout = layout(app.config["API_TITLE"], prefix)
    add_callbacks(page)
    # Dash would do it in the first request, and refuse scripts that threads ask for
    # meanwhile (plotly/dash#3971).
    page._setup_server()  # type: ignore[no-untyped-call]


def layout(title: str, prefix: str) -> Component:
    """Return the page without its content."""
    return html.Div(
        [
            dcc.Location(id="url", refresh=False),
            dcc.Interval(id="clock", interval=SECONDS * 1000),
            header(title, prefix),
            html.P(
                "The service does not answer: these figures are of the time above. "
                f"It is asked again every {SECONDS} seconds.",
                className="banner",
                role="status",
            ),
            html.Main(
                [
                    html.Nav(id="filters", **figures.named("Filters")),
                    figure_card("Orders", "orders"),
                    figure_card("Revenue (paid)", "revenue"),
                    figure_card("Average order (paid)", "average"),
                    figure_card("New users", "users"),
                    chart("Orders per day", "orders-per-day", "wide"),
                    chart("Revenue per day (paid)", "revenue-per-day"),
                    chart("New users per day", "users-per-day"),
                    card("Best customers (paid)", html.Div(id="best-customers")),
                    card("Newest orders", html.Div(id="newest-orders")),
                ]
            ),
        ]
    )


def header(title: str, prefix: str) -> Component:
    """Return what is at the top of the page."""
{% if cookiecutter.auth == "jwt" %}
    button = html.Button("Sign out", className="button")
    leave = html.Form(button, method="post", action=f"{prefix}sign-out")
    return html.Header([html.H1(title), html.P(id="time"), leave])
{% else %}
    return html.Header([html.H1(title), html.P(id="time")])
{% endif %}


def card(title: str, content: Component, width: str = "half") -> Component:
    """Return a card."""
    return html.Section([html.H2(title), content], className=f"card {width}")


def figure_card(title: str, name: str) -> Component:
    """Return a card for a figure and its change."""
    waiting = [html.Strong("…"), html.P("\N{NO-BREAK SPACE}")]
    return card(title, html.Div(waiting, id=name, className="figure"), "quarter")


def chart(title: str, name: str, width: str = "half") -> Component:
    """Return a card for a chart."""
    height = {"height": figures.LAYOUT["height"]}
    return card(title, dcc.Graph(id=name, config=CHART, style=height), width)


def add_callbacks(page: Dash) -> None:
    """Say what fills the cards.

    They belong to this page: `dash.callback` would give them to the first application
    of a process only.
    """

    @page.callback(Output("filters", "children"), Input("url", "search"))
    def show_filters(search: str | None) -> list[Component]:
        chosen = filters.read(search)
        periods = [
            figures.pill(
                period(days), chosen.with_days(days).query, days == chosen.days
            )
            for days in filters.PERIODS
        ]
        statuses = [
            figures.pill(
                status.value.title(),
                chosen.toggled(status).query,
                status in chosen.statuses,
                f"dot {status}",
            )
            for status in OrderStatus
        ]
        return [html.Span("Period"), *periods, html.Span("Status"), *statuses]

    @page.callback(
        Output("time", "children"),
        Output("orders", "children"),
        Output("revenue", "children"),
        Output("average", "children"),
        Output("users", "children"),
        *FILTERS,
    )
    def show_figures(search: str | None, _: Any) -> list[Any]:
        chosen = filters.read(search)
        now, before = services.totals(chosen), services.totals_before(chosen)
        values: list[tuple[Any, Any]] = [
            (now.orders, before.orders),
            (now.revenue, before.revenue),
            (now.average, before.average),
            (now.users, before.users),
        ]
        time = f"{utc_now():%H:%M:%S} UTC, every {SECONDS} s"
        return [time, *(figures.number(*pair, chosen.days) for pair in values)]

    @page.callback(Output("orders-per-day", "figure"), *FILTERS)
    def show_orders_per_day(search: str | None, _: Any) -> dict[str, Any]:
        chosen = filters.read(search)
        return figures.orders_per_day(chosen, services.orders_per_day(chosen))

    @page.callback(Output("revenue-per-day", "figure"), *FILTERS)
    def show_revenue_per_day(search: str | None, _: Any) -> dict[str, Any]:
        chosen = filters.read(search)
        return figures.revenue_per_day(chosen, services.orders_per_day(chosen))

    @page.callback(Output("users-per-day", "figure"), *FILTERS)
    def show_users_per_day(search: str | None, _: Any) -> dict[str, Any]:
        chosen = filters.read(search)
        return figures.users_per_day(chosen, services.users_per_day(chosen))

    @page.callback(Output("best-customers", "children"), *FILTERS)
    def show_best_customers(search: str | None, _: Any) -> Component:
        return figures.best_customers(services.best_customers(filters.read(search)))

    @page.callback(Output("newest-orders", "children"), *FILTERS)
    def show_newest_orders(search: str | None, _: Any) -> list[Component]:
        chosen = filters.read(search)
        cursors = [filters.read_cursor(search, name) for name in ("older", "newer")]
        return figures.newest_orders(chosen, services.newest_orders(chosen, *cursors))


def period(days: int) -> str:
    """Return the name of a period."""
    return "1 year" if days == 365 else f"{days} days"
