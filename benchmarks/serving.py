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
from urllib.request import urlopen

from common import (
    BIN,
    HOST,
    environment,
    exit_when_terminated,
    free_port,
    generate,
    run,
    server,
)

PATH = "/api/v1/users/?limit=50"
HERE = Path(__file__).resolve().parent
OURS, THEIRS = "generated service, gunicorn", "FastAPI service, uvicorn"
PACKAGES = ("fastapi", "uvicorn[standard]", "sqlalchemy")


def main() -> None:
    """Start both services, measure them in turn and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=6, help="pairs, default 6")
    parser.add_argument("--seconds", type=float, default=3, help="a round, default 3")
    parser.add_argument("--connections", type=int, default=8, help="default 8")
    options = parser.parse_args()
    exit_when_terminated()
    with tempfile.TemporaryDirectory() as directory:
        project, _ = generate(BIN / "cookiecutter", Path(directory), environment())
        manage = (project / ".venv/bin/python", "manage.py")
        run(*manage, "seed", "--users", "1000", env=environment(), cwd=project)
        with generated(project) as ours, fastapi(project) as theirs:
            compare(page(ours), page(theirs))
            ports = {OURS: ours, THEIRS: theirs}
            measure(ports, 1, options.connections)  # warms both up, not counted
            rates = [
                measure(ports, options.seconds, options.connections)
                for _ in range(options.rounds)
            ]
    report(rates)


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
    with server(command, project, env, f"http://{HOST}:{port}{PATH}"):
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
    with server(command, HERE, env, f"http://{HOST}:{port}{PATH}"):
        yield port


def database(project: Path) -> str:
    """Return the URL of the database that set-up made."""
    return f"sqlite:///{project / 'instance' / 'app.sqlite3'}"


def page(port: int) -> dict[str, list[dict[str, str]]]:
    """Return the page that is measured."""
    with urlopen(f"http://{HOST}:{port}{PATH}") as response:
        return json.load(response)


def compare(ours: dict, theirs: dict) -> None:
    """Make sure that both services answer the same rows with the same fields."""
    same_rows = [[row["id"] for row in page["items"]] for page in (ours, theirs)]
    same_fields = [list(page["items"][0]) for page in (ours, theirs)]
    if len(same_rows[0]) != 50 or same_rows[0] != same_rows[1]:
        sys.exit("the services do not answer the same 50 rows")
    if same_fields[0] != same_fields[1] or ours.keys() != theirs.keys():
        sys.exit("the services do not answer the same fields")


def measure(ports: dict[str, int], seconds: float, connections: int) -> dict:
    """Return requests per second for each service, one measured after the other."""
    return {
        name: float(
            run(
                *(sys.executable, HERE / "client.py"),
                *(str(port), PATH, str(seconds), str(connections)),
                env=environment(),
            )
        )
        for name, port in ports.items()
    }


def report(rates: list[dict[str, float]]) -> None:
    """Print requests per second for each service and how they compare."""
    print(f"{'requests per second':<28}{'median':>8}{'min':>8}{'max':>8}")
    for name in (OURS, THEIRS):
        all_rates = [pair[name] for pair in rates]
        numbers = (median(all_rates), min(all_rates), max(all_rates))
        print(f"{name:<28}" + "".join(f"{number:8.0f}" for number in numbers))
    ratios = [pair[OURS] / pair[THEIRS] for pair in rates]
    print("generated : FastAPI, pairs " + " ".join(f"{r:.2f}" for r in ratios))
    print(f"generated : FastAPI, median {median(ratios):.2f}")


if __name__ == "__main__":
    main()
