"""Measures requests per second for a list of 50 rows, beside a FastAPI service.

Both services read the same SQLite file, each with one worker of its usual server. They
are measured in turn by the same client, so that what else the machine does touches both.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from common import (
    BIN,
    environment,
    exit_when_terminated,
    free_port,
    generate,
    get,
    run,
    server,
)

PATH = "/api/v1/users/?limit=50"
HERE = Path(__file__).resolve().parent
OURS, THEIRS = "generated service, gunicorn", "FastAPI service, uvicorn"
PACKAGES = ("fastapi", "uvicorn[standard]", "sqlalchemy")

Rates = dict[str, float]  # requests per second of each service


def main() -> None:
    """Start both services, measure them in turn and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="pairs, default 5")
    parser.add_argument("--seconds", type=float, default=2, help="a round, default 2")
    parser.add_argument(
        "--connections", type=int, nargs="+", default=[1, 8], help="default 1 8"
    )
    options = parser.parse_args()
    exit_when_terminated()
    with tempfile.TemporaryDirectory() as directory:
        start = (BIN / "cookiecutter", Path(directory), environment())
        project, _ = generate(*start, "auth=none")  # as the service beside it
        manage = (project / ".venv/bin/python", "manage.py")
        run(*manage, "seed", "--users", "1000", env=environment(), cwd=project)
        with generated(project) as ours, fastapi(project) as theirs:
            compare(json.loads(get(ours, PATH)), json.loads(get(theirs, PATH)))
            ports = {OURS: ours, THEIRS: theirs}
            for connections in options.connections:
                measure(ports, 1, connections)  # warms both up, is not counted
                pairs = range(options.rounds)
                rates = [measure(ports, options.seconds, connections) for _ in pairs]
                report(rates, connections)


@contextmanager
def generated(project: Path) -> Iterator[int]:
    """Serve the generated project as in production, but with one worker."""
    port = free_port()
    env = {
        **environment(),
        "APP_ENV": "production",
        "SECRET_KEY": "only-for-this-benchmark-on-this-machine",
        "DATABASE_URL": database(project),
        "WEB_CONCURRENCY": "1",
        "PORT": str(port),
    }
    command = [project / ".venv/bin/gunicorn", "app.wsgi:app"]
    with server(command, project, env, port, PATH):
        yield port


@contextmanager
def fastapi(project: Path) -> Iterator[int]:
    """Serve the FastAPI service on the same file, with the same SQLAlchemy."""
    venv, env, port = project.parent / "fastapi", environment(), free_port()
    run("uv", "venv", "--python", project / ".venv/bin/python", venv, env=env)
    install = ("uv", "pip", "install", "--python", venv / "bin/python", *PACKAGES)
    run(*install, "--constraint", project / "requirements.txt", env=env)
    command = [venv / "bin/uvicorn", "fastapi_service:app", "--port", str(port)]
    env["DATABASE_URL"] = database(project)
    with server(command, HERE, env, port, PATH):
        yield port


def database(project: Path) -> str:
    """Return the URL of the database that set-up made."""
    return f"sqlite:///{project / 'instance' / 'app.sqlite3'}"


def compare(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Make sure that both services answer the same 50 rows, with the same fields."""
    rows = [[row["id"] for row in page["items"]] for page in (ours, theirs)]
    if len(rows[0]) != 50 or rows[0] != rows[1]:
        sys.exit("the services do not answer the same 50 rows")
    different = ours.keys() ^ theirs.keys()
    different |= ours["items"][0].keys() ^ theirs["items"][0].keys()
    if different:
        sys.exit(f"only one service answers {different}: see fastapi_service.py")


def measure(ports: dict[str, int], seconds: float, connections: int) -> Rates:
    """Measure each service for some seconds, one after the other."""
    rates = {}
    for name, port in ports.items():
        arguments = (str(port), PATH, str(seconds), str(connections))
        client = (sys.executable, HERE / "client.py", *arguments)
        rates[name] = float(run(*client, env=environment()))
    return rates


def report(rates: list[Rates], connections: int) -> None:
    """Print requests per second for each service and how they compare."""
    title = f"requests/s, {connections} connection{'s' * (connections > 1)}"
    print(f"{title:<28}{'median':>8}{'min':>8}{'max':>8}")
    for name in (OURS, THEIRS):
        numbers = [pair[name] for pair in rates]
        shown = (median(numbers), min(numbers), max(numbers))
        print(f"{name:<28}" + "".join(f"{number:8.0f}" for number in shown))
    ratios = [pair[OURS] / pair[THEIRS] for pair in rates]
    every = " ".join(f"{ratio:.2f}" for ratio in ratios)
    print(f"generated : FastAPI = {median(ratios):.2f} : 1   (pairs {every})\n")


if __name__ == "__main__":
    main()
