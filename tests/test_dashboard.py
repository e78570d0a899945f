"""The dashboard in a real browser: what people see, also when something is wrong."""

import os
import re
import shutil
import signal
import sqlite3
import textwrap
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, expect, sync_playwright

from tests import mysql, support, variants
from tests.support import ROOT_USER, http
from tests.test_outage import postgres
from tests.variants import ROOT

expect.set_options(timeout=30_000)  # machines may be busy
DEFAULTS = {"auth": "jwt", "dashboard": "dash"}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
LOOKS: dict[str, dict[str, Any]] = {
    "light": DESKTOP,
    "dark": {**DESKTOP, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}},
}


def driven(layout: str, views: str, database: str) -> dict[str, str]:
    """Return the answers of a project whose dashboard is looked at."""
    answers = {"layout": layout, "views": views, "database": database}
    return next(a for a in variants.COMBINATIONS if answers | DEFAULTS == a)


SQLITE = driven("layer", "functions", "sqlite")
POSTGRESQL = driven("domain", "classes", "postgresql")
MYSQL = driven("layer", "classes", "mysql")


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Return a browser."""
    chromium = support.need("chromium", "the dashboard is looked at in a real browser")
    arguments = ["--no-sandbox", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()


class Visit:
    """A page of a browser, and what it complained about since that was last asked."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.url, self.complaints = url, list[str]()
        self.page = browser.new_context(**DESKTOP | options).new_page()
        self.page.set_default_timeout(30_000)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.check_host(request.url))

    def check_host(self, url: str) -> None:
        """Note a request to another host."""
        if not url.startswith((self.url, "data:", "blob:")):
            self.complaints.append(url)

    def figure(self, name: str) -> Locator:
        """Return the figure of a card."""
        return self.page.locator(f"#{name} strong")

    def numbers(self) -> list[str]:
        """Return the numbers of the orders that are shown."""
        cells = self.page.locator("#newest-orders td:first-child")
        expect(cells.first).to_be_visible()
        return cells.all_inner_texts()

    def follow(self, text: str, section: str = "#filters") -> None:
        """Follow a link, and wait for what it changes."""
        before = self.page.url
        self.page.locator(f"{section} a", has_text=text).click()
        expect(self.page).not_to_have_url(before)
        self.page.wait_for_load_state("networkidle")

    def sign_in(self, password: str = ROOT_USER["password"]) -> None:
        """Fill the form in."""
        self.page.get_by_label("E-mail address").fill(ROOT_USER["email"])
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def check(self) -> None:
        """Check that the page complains of nothing, and neither does axe."""
        found = Axe().run(self.page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
        assert self.complaints == []

    def forgive(self, pattern: str) -> None:
        """Expect complaints of this kind, and forget them."""
        expect(self.page.locator("body")).to_be_visible()
        assert self.complaints
        assert [text for text in self.complaints if not re.search(pattern, text)] == []
        self.complaints.clear()


@variants.each([SQLITE, POSTGRESQL, MYSQL])
def test_day_of_a_superuser(
    answers: dict[str, Any],
    project: Path,
    browser: Browser,
    request: pytest.FixtureRequest,
) -> None:
    support.run("./manage.py", "seed", "--users", "40", "--orders", "900", cwd=project)
    with support.serve(project, WEB_CONCURRENCY="2") as url:
        visit = Visit(browser, url)
        look_around(visit)
        turn_pages(visit)
        if answers["database"] == "sqlite":
            read_while_somebody_writes(visit, project)
            refresh(visit)  # half a minute, and the database has no part in it
        sign_out_elsewhere(visit)
        # The database has no part in themes, either.
        looks = LOOKS if answers["database"] == "sqlite" else {"light": DESKTOP}
        for name, options in looks.items():
            look(Visit(browser, url, **options), name, request)


def look_around(visit: Visit) -> None:
    """Sign in, choose, reload, and go back."""
    page = visit.page
    page.goto(f"{visit.url}/dashboard/?days=90")
    assert page.title() == "Sign in: Order Service"
    visit.check()
    visit.sign_in("wrong")
    expect(page.get_by_role("alert")).to_contain_text("is wrong")
    visit.forgive("401")
    visit.check()
    visit.sign_in()
    expect(page).to_have_url(f"{visit.url}/dashboard/?days=90")
    expect(visit.figure("orders")).to_have_text("900")
    visit.check()

    visit.follow("7 days")
    expect(visit.figure("orders")).not_to_have_text("900")
    fewer = visit.figure("orders").inner_text()
    visit.follow("Paid")
    expect(visit.figure("revenue")).to_have_text("0.00")
    page.reload()
    expect(visit.figure("revenue")).to_have_text("0.00")
    chosen = [re.compile(f"^{word}") for word in ("7", "Pending", "Cancelled")]
    expect(page.locator("#filters .on")).to_have_text(chosen)
    expect(page.locator("#best-customers")).to_have_text("Nothing in this period")
    visit.check()
    page.go_back()
    expect(visit.figure("orders")).to_have_text(fewer)


def turn_pages(visit: Visit) -> None:
    """Turn the pages of orders to and fro."""
    visit.page.goto(f"{visit.url}/dashboard/?days=90")
    pages = [visit.numbers()]
    for _ in range(2):
        visit.follow("Older", "#newest-orders")
        expect(visit.page.locator("#newest-orders td").first).not_to_have_text(
            pages[-1][0]
        )
        pages.append(visit.numbers())
    for page in reversed(pages[:-1]):
        visit.follow("Newer", "#newest-orders")
        first = visit.page.locator("#newest-orders td").first
        expect(first).to_have_text(page[0])
        assert visit.numbers() == page
    expect(visit.page.locator("#newest-orders a", has_text="Newer")).to_have_count(0)
    visit.check()


def read_while_somebody_writes(visit: Visit, project: Path) -> None:
    """Callbacks are POST: SQLite must not let them wait for a turn to write."""
    database = project / "instance/app.sqlite3"
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        visit.follow("30 days")
        expect(visit.figure("orders")).not_to_have_text("900")
        connection.execute("ROLLBACK")
    visit.check()


def refresh(visit: Visit) -> None:
    """Wait for what the page asks by itself."""
    time = visit.page.locator("#time")
    before = time.inner_text()
    expect(time).not_to_have_text(before, timeout=60_000)
    visit.check()


def sign_out_elsewhere(visit: Visit) -> None:
    """Sign out in another tab: this one shows the form when it asks again."""
    other = visit.page.context.new_page()
    other.goto(f"{visit.url}/dashboard/")
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_label("Password")).to_be_visible()
    other.go_back()
    expect(other.get_by_label("Password")).to_be_visible()
    visit.page.locator("#filters a", has_text="7 days").click()
    expect(visit.page).to_have_url(f"{visit.url}/dashboard/sign-in?days=7")
    visit.forgive("401")


def look(visit: Visit, name: str, request: pytest.FixtureRequest) -> None:
    """Look at a theme; with `--record`, keep the picture for the README."""
    visit.page.goto(f"{visit.url}/dashboard/")
    visit.sign_in()
    expect(visit.page.locator("#best-customers td").first).to_be_visible()
    expect(visit.page.locator(".js-plotly-plot .trace").first).to_be_visible()
    visit.page.wait_for_load_state("networkidle")
    visit.check()
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not visit.page.evaluate(wide)
    if request.config.getoption("--record"):
        path = ROOT / f"docs/dashboard-{name}.png"
        path.parent.mkdir(exist_ok=True)
        visit.page.screenshot(path=path, full_page=True)


@variants.each([POSTGRESQL])
def test_killed_postgresql(project: Path, browser: Browser) -> None:
    """The embedded server starts again by itself: the next answer is good.

    Connections that were in use within the last second are not asked whether they live.
    """
    support.run("./manage.py", "seed", "--users", "5", "--orders", "40", cwd=project)
    with support.serve(project, WEB_CONCURRENCY="2") as url:
        visit = enter(browser, url, orders="40")
        os.kill(postgres(project)[0], signal.SIGKILL)
        visit.page.wait_for_timeout(1500)
        visit.follow("1 year")
        expect(visit.figure("orders")).to_have_text("40")
        expect(visit.page.locator(".banner")).to_be_hidden()


@variants.each([POSTGRESQL, MYSQL])
def test_own_tests_pass(project: Path) -> None:
    """Where signing in and the dashboard meet; `make check` runs on the sample."""
    support.run("make", "lint", cwd=project)
    names = ("tests/dashboard", "tests/identity/test_browser_session.py")
    support.run(support.python(project), "-m", "pytest", *names, cwd=project)


@variants.each([MYSQL])
def test_killed_mariadb(project: Path, browser: Browser, tmp_path: Path) -> None:
    """A banner says so; what was shown stays, and the next good answer ends it."""
    mysql.need()
    port = support.free_port()
    url = f"mysql+pymysql://root:root@127.0.0.1:{port}/own"
    own = mysql.start(tmp_path / "mysql", port)
    try:
        command = (support.python(project), "scripts/first_migration.py")
        support.run(*command, cwd=project, DATABASE_URL=url)
        seed = ("./manage.py", "seed", "--users", "5", "--orders", "40")
        support.run(*seed, cwd=project, DATABASE_URL=url)
        with support.serve(project, WEB_CONCURRENCY="2", DATABASE_URL=url) as address:
            visit = enter(browser, address, orders="40")
            mysql.stop(own)
            visit.page.locator("#filters a", has_text="7 days").click()
            expect(visit.page.locator(".banner")).to_be_visible()
            expect(visit.figure("orders")).to_have_text("40")
            visit.forgive("50[03]|Callback (error|failed)|did not respond")
            own = mysql.start(tmp_path / "mysql", port)
            visit.page.locator("#filters a", has_text="1 year").click()
            expect(visit.page.locator(".banner")).to_be_hidden()
            expect(visit.figure("orders")).to_have_text("40")
    finally:
        mysql.stop(own)


def enter(browser: Browser, url: str, orders: str) -> Visit:
    """Return a visit that has signed in and sees so many orders."""
    visit = Visit(browser, url)
    visit.page.goto(f"{url}/dashboard/?days=90")
    visit.sign_in()
    expect(visit.figure("orders")).to_have_text(orders)
    visit.page.wait_for_load_state("networkidle")
    return visit


@variants.each([SQLITE])
def test_dashboard_can_be_deleted(project: Path) -> None:
    """Nothing outside names it; and orders cannot go while it needs them."""
    command = ("./manage.py", "resource", "remove", "Order")
    printed = support.run(*command, cwd=project, code=1)
    assert re.search(r"app\.dashboard\.\w+ imports app\.models\.order", printed)
    shutil.rmtree(project / "app/dashboard")
    shutil.rmtree(project / "tests/dashboard")
    support.run("make", "lint", cwd=project)
    names = ("tests/test_service.py", "tests/identity/test_browser_session.py")
    support.run(support.python(project), "-m", "pytest", *names, cwd=project)
    assert "Deleted app/models/order.py" in support.run(*command, cwd=project)


@variants.each([SQLITE])
def test_api_is_as_without_it(project: Path) -> None:
    """No compression and no cookie: an ETag that was given is good for a change."""
    with support.serve(project) as url:
        user = http.post(
            f"{url}/api/v1/users/",
            json={"email": "a@example.com", "name": "A" * 100},
            headers={"Accept-Encoding": "gzip, br"},
            timeout=30,
        )
        assert re.fullmatch('"[0-9a-f]+"', user.headers["ETag"])
        assert not {"Set-Cookie", "Content-Encoding"} & set(user.headers)
        changed = http.patch(
            f"{url}{user.headers['Location']}",
            json={"name": "B"},
            headers={"If-Match": user.headers["ETag"]},
            timeout=30,
        )
        assert changed.status_code == 200


@variants.each([SQLITE])
def test_adding_a_card(project: Path) -> None:
    """As README.md says: a query, a figure, an output."""
    section = (project / "README.md").read_text().split("## The dashboard")[1]
    query, figure, output = [
        re.sub("^   ", "", block, flags=re.MULTILINE)
        for block in re.findall(r"```python\n(.*?)   ```", section, re.DOTALL)[:3]
    ]
    card = re.search(r"`(chart\(.*?\),)`", section)[1]
    add(project / "app/dashboard/services.py", "", f"\n\n{query}")
    add(project / "app/dashboard/figures.py", "", f"\n\n{figure}")
    page, first = project / "app/dashboard/page.py", 'card("Best customers'
    add(page, first, f"{card}\n{' ' * 20}{first}")
    output = textwrap.indent(output.rstrip(), " " * 4)
    add(page, "\n\n\ndef period", f"\n\n{output}\n\n\ndef period")
    support.run("make", "lint", cwd=project)
    support.run(support.python(project), "-m", "pytest", "tests/dashboard", cwd=project)


def add(path: Path, place: str, text: str) -> None:
    """Put a text in a place of a file, or at its end."""
    before = path.read_text()
    assert place in before
    path.write_text(before.replace(place, text, 1) if place else f"{before}{text}")
