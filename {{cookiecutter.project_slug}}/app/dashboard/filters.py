{% set order = "app.orders.models" if cookiecutter.layout == "domain" else "app.models.order" %}
"""What the dashboard shows: a period and some statuses, kept in the URL of the page."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qs, urlencode

from app.core.data.base import utc_now
from {{ order }} import OrderStatus

{% if cookiecutter.database == "sqlite" %}
# Days; on SQLite, a year of a large table takes longer than a page should.
PERIODS = (7, 30, 90)
{% else %}
PERIODS = (7, 30, 90, 365)  # days
{% endif %}
DEFAULT_PERIOD = 30


@dataclass(frozen=True)
class Filters:
    """Which orders count: of the last `days`, today included, with these statuses."""

    days: int = DEFAULT_PERIOD
    statuses: tuple[OrderStatus, ...] = tuple(OrderStatus)

    @property
    def query(self) -> str:
        """Return the query string that says the same; defaults are left out."""
        said: dict[str, str] = {}
        if self.days != DEFAULT_PERIOD:
            said["days"] = str(self.days)
        if self.statuses != tuple(OrderStatus):
            said["status"] = ",".join(self.statuses)
        return f"?{urlencode(said, safe=',')}"

    def with_days(self, days: int) -> "Filters":
        """Return the filters with another period."""
        return replace(self, days=days)

    def toggled(self, status: OrderStatus) -> "Filters":
        """Return the filters with a status more, or without it."""
        chosen = set(self.statuses) ^ {status}
        return replace(self, statuses=in_order(chosen))

    def span(self, back: int = 0) -> tuple[datetime, datetime]:
        """Return the first moment and the present one, or those so many spans before."""
        now = utc_now() - timedelta(days=self.days * back)
        midnight = datetime.combine(now.date(), time(), UTC)
        return midnight - timedelta(days=self.days - 1), now

    def every_day(self) -> list[date]:
        """Return the days (UTC) of the period."""
        first = self.span()[0].date()
        return [first + timedelta(days=number) for number in range(self.days)]


def in_order(statuses: Iterable[str]) -> tuple[OrderStatus, ...]:
    """Return the statuses that there are, in their order."""
    given = set(statuses)
    return tuple(status for status in OrderStatus if status in given)


def read(search: str | None) -> Filters:
    """Return the filters of a query string; what it does not know has its default."""
    said = parse_qs(str(search or "").removeprefix("?"), keep_blank_values=True)
    days = said.get("days", [""])[0]
    known = int(days) if days in map(str, PERIODS) else DEFAULT_PERIOD
    statuses = said["status"][0].split(",") if "status" in said else OrderStatus
    return Filters(known, in_order(statuses))


def read_cursor(search: str | None, name: str) -> str | None:
    """Return a cursor of a query string."""
    return parse_qs(str(search or "").removeprefix("?")).get(name, [None])[0]
