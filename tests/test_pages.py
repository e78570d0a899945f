"""The pages of a served project in a real browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from tests import support, variants
from tests.support import ROOT_USER, http


@pytest.fixture
def page(project: Path) -> Iterator[Page]:
    """Return a page of a browser that fails the test for whatever it complains about."""
    chromium = support.need("chromium", "the pages are looked at in a real browser")
    arguments = ["--no-sandbox", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_page()
        complaints: list[str] = []
        page.on(
            "console", lambda message: complaints.append(f"{message.type}: {message}")
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        yield page
        browser.close()
    assert complaints == []


@variants.each_of("auth")
def test_pages(answers: dict[str, Any], project: Path, page: Page) -> None:
    support.run("./manage.py", "seed", "--users", "3", "--orders", "0", cwd=project)
    with support.serve(project) as url:
        hosts: set[str] = set()
        page.on("request", lambda request: hosts.add(request.url))
        page.goto(url)
        assert page.locator("h1").inner_text() == "Order Service"
        assert page.evaluate("getComputedStyle(document.body).maxWidth") != "none"
        links = [link.get_attribute("href") for link in page.locator("a").all()]
        for path in ("/docs/", "/health/ready"):
            assert path in links
            assert http.get(f"{url}{path}", timeout=30).ok

        page.goto(f"{url}/docs")
        if answers["auth"] == "jwt":
            page.locator("button.authorize").first.wait_for()
            form = page.locator("#sign-in")
            form.locator("[name=email]").fill(ROOT_USER["email"])
            form.locator("[name=password]").fill(ROOT_USER["password"])
            form.locator("button").click()
            form.get_by_text("Signed in.").wait_for()
            order = page.locator("#operations-orders-orders_create")
            order.locator("button.opblock-summary-control").click()
            order.locator("button.execute").click()
            order.locator(".live-responses-table .response-col_status").first.wait_for()
            assert "201" in order.locator(".live-responses-table").inner_text()
        operation = page.locator("#operations-users-users_list")
        operation.locator("button.opblock-summary-control").click()
        operation.locator("button.execute").click()
        answer = operation.locator(".live-responses-table")
        answer.wait_for()
        seeded = answer.inner_text().count("@example.com")
        assert seeded - answer.inner_text().count(ROOT_USER["email"]) == 3
        assert all(host.startswith((url, "data:")) for host in hosts), hosts
