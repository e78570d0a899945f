"""Measures what the dashboard costs, and how soon its cards answer on many orders.

Packages, start and first visit beside a project without it; and, on PostgreSQL, how long
each card takes for 30 days while several tabs are open, each of which asks for all cards
at once every 30 seconds.
"""

import argparse
import json
import resource
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from common import (
    BIN,
    HOST,
    Environment,
    environment,
    exit_when_terminated,
    free_port,
    generate,
    run,
    server,
)
from playwright.sync_api import sync_playwright

EVERY_SECONDS = 30
CARDS = {
    "figures": [
        ("time", "children"),
        ("orders", "children"),
        ("revenue", "children"),
        ("average", "children"),
        ("users", "children"),
    ],
    "orders per day": [("orders-per-day", "figure")],
    "revenue per day": [("revenue-per-day", "figure")],
    "users per day": [("users-per-day", "figure")],
    "best customers": [("best-customers", "children")],
    "newest orders": [("newest-orders", "children")],
}
# A year, in the order of time as rows come in; few customers order much.
FILL = """
INSERT INTO users (id, created_at, updated_at, version, email, name, is_active)
SELECT gen_random_uuid(), t, t, 1, n || '@example.com', 'Customer ' || n, true
FROM (SELECT n, now() - random() * interval '365 days' AS t
      FROM generate_series(1, {users}) AS n) AS s;
CREATE TEMPORARY TABLE numbered AS
SELECT id, row_number() OVER () AS n FROM users;
CREATE UNIQUE INDEX ON numbered (n);
INSERT INTO orders
  (id, created_at, updated_at, version, number, status, total, user_id)
SELECT gen_random_uuid(), t, t, 1, 'N' || s.n,
  CASE WHEN t < now() - interval '2 days' AND random() < 0.75 THEN 'paid'
       WHEN random() < 0.6 THEN 'pending' ELSE 'cancelled' END,
  round((random() * 110)::numeric, 2) + 1, numbered.id
FROM (SELECT n, now() - random() * interval '365 days' AS t,
             1 + floor(power(random(), 3) * {users})::int AS k
      FROM generate_series(1, {orders}) AS n) AS s
JOIN numbered ON numbered.n = s.k
ORDER BY t;
ANALYZE;
"""
SCRIPT = """if True:
    from app import create_app
    from app.core.data.session import db
    with create_app().app_context(), db.engine.begin() as connection:
        for statement in open("fill.sql").read().split(";\\n"):
            if statement.strip():
                connection.exec_driver_sql(statement)
"""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--tabs", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument(
        "--together", action="store_true", help="all tabs ask in the same moment"
    )
    options = parser.parse_args()
    exit_when_terminated()
    env = {**environment(), "LOG_LEVEL": "ERROR", "WEB_CONCURRENCY": "2"}
    answers = ("database=postgresql", "auth=none")
    with tempfile.TemporaryDirectory() as directory:
        for choice in ("none", "dash"):
            folder = Path(directory, choice)
            folder.mkdir()
            asked = (*answers, f"dashboard={choice}")
            project, _ = generate(BIN / "cookiecutter", folder, env, *asked)
            cost(choice, project, env)
        fill(project, env, options)
        port = free_port()
        command: list[str | Path] = [project / ".venv/bin/gunicorn", "app.wsgi:app"]
        env["PORT"] = str(port)
        with server(command, project, env, port, "/health/ready"):
            print(f"first visit: {visit(port)}")
            measure(port, options)


def cost(choice: str, project: Path, env: Environment) -> None:
    """Print what a project needs to run, and how soon it starts."""
    python = project / ".venv/bin/python"
    packages = run("uv", "pip", "list", "--python", python, env=env).count("\n") - 2
    size = sum(f.stat().st_size for f in (project / ".venv").rglob("*") if f.is_file())
    times = []
    for _ in range(3):
        started = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        run(
            python,
            "-c",
            "from app import create_app; create_app()",
            env=env,
            cwd=project,
        )
        times.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - started)
    text = f"{packages} packages with those of development, {size / 1e6:.0f} MB, "
    print(f"dashboard={choice}: {text}start {min(times):.2f} s of CPU")


def fill(project: Path, env: Environment, options: argparse.Namespace) -> None:
    """Store the orders and their users."""
    statements = FILL.format(users=options.users, orders=options.orders)
    path = project / "fill.sql"
    path.write_text(statements)
    run(project / ".venv/bin/python", "-c", SCRIPT, env=env, cwd=project)


def visit(port: int) -> str:
    """Return what a browser loads the first time, and again with its cache."""
    loaded: list[int] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = browser.new_page()
        page.on(
            "requestfinished", lambda r: loaded.append(r.sizes()["responseBodySize"])
        )
        shown = []
        for _ in range(2):
            loaded.clear()
            page.goto(f"http://{HOST}:{port}/dashboard/")
            # Dash loads its parts one after the other, and Plotly with the first figure.
            page.locator(".js-plotly-plot .main-svg").nth(5).wait_for()
            page.wait_for_load_state("networkidle")
            shown.append(f"{sum(loaded) / 1e6:.2f} MB in {len(loaded)} requests")
        browser.close()
    return f"{shown[0]}; the next one {shown[1]}"


def measure(port: int, options: argparse.Namespace) -> None:
    """Print the milliseconds of each card, over all tabs and rounds."""
    times: dict[str, list[float]] = {name: [] for name in CARDS}
    with ThreadPoolExecutor(options.tabs) as tabs:
        part = 0 if options.together else 1 / options.tabs
        shares = [number * part for number in range(options.tabs)]
        for asked in tabs.map(lambda share: tab(port, share, options.rounds), shares):
            for name, milliseconds in asked:
                times[name].append(milliseconds)
    everything = [each for values in times.values() for each in values]
    print(f"{'card':<20}{'median':>8}{'p95':>8}{'worst':>8}")
    for name, values in {**times, "all": everything}.items():
        shown = (median(values), percentile(values), max(values))
        print(f"{name:<20}" + "".join(f"{each:8.0f}" for each in shown))


def tab(port: int, share: float, rounds: int) -> list[tuple[str, float]]:
    """Ask for all cards at once each 30 seconds, as a tab opened some time ago does."""
    time.sleep(share * EVERY_SECONDS)
    found: list[tuple[str, float]] = []
    with ThreadPoolExecutor(len(CARDS)) as connections:
        for _ in range(rounds):
            asked = connections.map(lambda outputs: ask(port, outputs), CARDS.values())
            found += zip(CARDS, asked, strict=True)
            time.sleep(EVERY_SECONDS)
    return found


def ask(port: int, outputs: list[tuple[str, str]]) -> float:
    """Ask for a card as a browser does; return the milliseconds."""
    targets = [{"id": name, "property": kind} for name, kind in outputs]
    names = [f"{name}.{kind}" for name, kind in outputs]
    many = len(outputs) > 1
    clock = {"id": "clock", "property": "n_intervals", "value": 1}
    search = {"id": "url", "property": "search", "value": ""}
    body = {
        "output": f"..{'...'.join(names)}.." if many else names[0],
        "outputs": targets if many else targets[0],
        "inputs": [search, clock],
        "changedPropIds": ["clock.n_intervals"],
    }
    started = time.perf_counter()
    connection = HTTPConnection(HOST, port, timeout=60)
    headers = {"Content-Type": "application/json"}
    connection.request(
        "POST", "/dashboard/_dash-update-component", json.dumps(body), headers
    )
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise SystemExit(f"{names}: {answer.status}")
    return (time.perf_counter() - started) * 1000


def percentile(values: list[float]) -> float:
    """Return the 95th percentile."""
    return sorted(values)[int(len(values) * 0.95)]


if __name__ == "__main__":
    main()
