"""Measures what a request for orders costs, beside two services made with FastAPI.

All services work on the same rows of one PostgreSQL, each as one process on one core,
while the clients (wrk) and the database have the other cores. In each round
every service is measured for every operation, one after the other, so that what else the
machine does touches all alike; a ratio is the median of the ratios of the rounds.

CPU time is what the processes of a server used (utime and stime) for a request: a busy
machine changes it least. It needs `wrk`, which Debian and Ubuntu have.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from common import (
    BIN,
    HOST,
    Environment,
    cpu_seconds,
    environment,
    exit_when_terminated,
    free_port,
    generate,
    run,
    send,
    server,
)
from plot import Ratios, draw

HERE = Path(__file__).resolve().parent
ORDERS, LIVE = "/api/v1/orders/", "/health/live"
LIST = f"{ORDERS}?limit=50"
PACKAGES = ("fastapi", "uvicorn[standard]", "sqlalchemy[asyncio]", "asyncpg")
PACKAGES += ("pyjwt", "uuid-utils")
EMAIL, PASSWORD = "ada@example.com", "a lovely password"
OURS, SIGNED_IN = "generated", "generated, auth=jwt"
ORM, RAW = "FastAPI, SQLAlchemy", "FastAPI, asyncpg"
BARE = "bare Flask"
OPERATIONS = ("list", "item", "create", "change", "list with a token", "trivial")
HEADER = ("", "service", "CPU us", "ratio", "requests/s", "ratio", "p99 ms", "ratio")
POSTGRESQL = """if True:
    import sys
    from app.core.data.embedded_server import start
    print(start("postgres"), flush=True)
    sys.stdin.read()
"""


class Figures(NamedTuple):
    """What one service needed for one operation in one round."""

    cpu: float  # microseconds for a request
    rate: float  # requests per second
    p99: float  # milliseconds


Rounds = list[dict[str, Figures]]  # by service


def main() -> None:
    """Start all services, measure them in turn and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="default 7")
    parser.add_argument("--seconds", type=int, default=2, help="a round, default 2")
    parser.add_argument("--connections", type=int, default=8, help="default 8")
    parser.add_argument(
        "--operations",
        nargs="+",
        default=OPERATIONS,
        choices=OPERATIONS,
        metavar="NAME",
        help=f"default all: {', '.join(OPERATIONS)}",
    )
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw it, as SVG")
    options = parser.parse_args()
    exit_when_terminated()
    if not shutil.which("wrk"):
        sys.exit("This needs wrk: apt install wrk")
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        ports, fill = start_all(Path(directory), stack)
        print("| " + " | ".join(HEADER) + " |\n|" + " --- |" * len(HEADER))
        measured: dict[str, Rounds] = {}
        for operation in options.operations:
            calls = services(operation, fill)
            rounds = [
                {name: measure(ports[name], call, options) for name, call in calls}
                for _ in range(options.rounds + 1)
            ]
            measured[operation] = rounds[1:]  # the first one warms up
            report(operation, rounds[1:])
    if options.plot:
        compared = {o: r for o, r in measured.items() if o != "trivial"}
        kinds = {kind: ratios_of(compared, kind) for kind in Figures._fields}
        draw(kinds, ORM, options.plot)


def start_all(folder: Path, stack: ExitStack) -> tuple[dict[str, int], dict[str, str]]:
    """Start every server; return their ports, and what stands for names in a call."""
    projects = {}
    for name, auth in ((OURS, "auth=none"), (SIGNED_IN, "auth=jwt")):
        made = generate(
            BIN / "cookiecutter",
            folder / auth.partition("=")[2],
            environment(),
            "database=postgresql",
            auth,
        )
        projects[name] = made[0]
    url = stack.enter_context(postgresql(projects[SIGNED_IN]))
    fill(projects[SIGNED_IN])
    env = {
        **environment(),
        "APP_ENV": "production",
        "SECRET_KEY": "only-for-this-benchmark-on-this-machine",
        "WEB_CONCURRENCY": "1",
        "DATABASE_URL": url.replace("postgresql:", "postgresql+psycopg:"),
    }
    ports = {}
    for name, project in projects.items():
        command = [project / ".venv/bin/gunicorn", "app.wsgi:app"]
        ports[name] = start(stack, command, project, env, LIVE)
    gunicorn = projects[OURS] / ".venv/bin/gunicorn"
    bare = [gunicorn, "--pythonpath", str(HERE), "bare_flask:app"]
    ports[BARE] = start(stack, bare, projects[OURS], env, LIVE)
    uvicorn = install_fastapi(folder / "fastapi", projects[OURS])
    env["DATABASE_URL"] = url
    for name, module in ((ORM, "fastapi_orm:app"), (RAW, "fastapi_asyncpg:app")):
        ports[name] = start(stack, [uvicorn, module], HERE, env, LIST)
    compare([json.loads(send(ports[name], LIST)) for name in (OURS, ORM, RAW)])
    return ports, describe(ports)


@contextmanager
def postgresql(project: Path) -> Iterator[str]:
    """Run the PostgreSQL of a project, away from the core of the services."""
    command = [project / ".venv/bin/python", "-c", POSTGRESQL]
    with subprocess.Popen(
        [*pinned(others=True), *command],
        cwd=project,
        env=environment(),
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        yield process.stdout.readline().strip()


def pinned(*, others: bool = False) -> list[str]:
    """Return a command that keeps to the core of the services, or to the others."""
    cores = sorted(os.sched_getaffinity(0))
    chosen = (cores[1:] or cores) if others else cores[:1]
    return ["taskset", "-c", ",".join(map(str, chosen))]


def fill(project: Path) -> None:
    """Store rows, and a superuser, who sees all of them."""
    python, env = project / ".venv/bin/python", environment()
    run(python, "manage.py", "seed", "--users", "50", cwd=project, env=env)
    run(python, "manage.py", "seed", "--orders", "1000", cwd=project, env=env)
    create = (python, "manage.py", "create-superuser", EMAIL)
    subprocess.run(
        create,
        cwd=project,
        env=env,
        input=PASSWORD,
        text=True,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def install_fastapi(venv: Path, project: Path) -> Path:
    """Install FastAPI, with the same SQLAlchemy; return its server."""
    env = environment()
    run("uv", "venv", "--python", project / ".venv/bin/python", venv, env=env)
    install = ("uv", "pip", "install", "--python", venv / "bin/python", *PACKAGES)
    run(*install, "--constraint", project / "requirements.txt", env=env)
    return venv / "bin/uvicorn"


def start(
    stack: ExitStack, command: list[Any], cwd: Path, env: Environment, path: str
) -> int:
    """Start a server of one process, which ends with the stack; return its port."""
    port = free_port()
    if command[0].name == "uvicorn":
        command = [*command, "--port", str(port)]
    env = env | {"PORT": str(port)}
    stack.enter_context(server([*pinned(), *command], cwd, env, port, path))
    return port


def compare(pages: list[dict[str, Any]]) -> None:
    """Make sure that all services answer the same 50 rows, with the same fields."""
    ours, *others = ([row["id"] for row in page["items"]] for page in pages)
    if len(ours) != 50 or any(rows != ours for rows in others):
        sys.exit("the services do not answer the same 50 rows")
    first = pages[0]["items"][0]
    for page in pages[1:]:
        if page.keys() != pages[0].keys() or page["items"][0].keys() != first.keys():
            sys.exit("the services do not answer the same fields")


def describe(ports: dict[str, int]) -> dict[str, str]:
    """Return a token and the ids that requests need."""
    body = json.dumps({"email": EMAIL, "password": PASSWORD})
    tokens = json.loads(send(ports[SIGNED_IN], "/api/v1/auth/login", "POST", body))
    payload = tokens["access_token"].split(".")[1]
    user = json.loads(urlsafe_b64decode(payload + "=="))["sub"]
    page = json.loads(send(ports[OURS], LIST))
    ids = " ".join(row["id"] for row in page["items"])
    return {"token": tokens["access_token"], "user": user, "ids": ids}


def services(operation: str, fill: dict[str, str]) -> list[tuple[str, list[str]]]:
    """Return each service of a comparison, and the arguments of `wrk.lua` for it."""
    rest = [fill["user"], "name", *fill["ids"].split()]
    if operation == "trivial":
        return [(name, ["trivial", LIVE, "-", *rest]) for name in (BARE, OURS)]
    if operation == "list with a token":
        signed_in = LIST.replace("/api/v1", "/signed-in")
        token = [fill["token"], *rest]
        return [
            (ORM, ["list", signed_in, *token]),
            (RAW, ["list", signed_in, *token]),
            (OURS, ["list", LIST, "-", *rest]),
            (SIGNED_IN, ["list", LIST, *token]),
        ]
    path = LIST if operation == "list" else ORDERS
    return [(name, [operation, path, "-", *rest]) for name in (ORM, RAW, OURS)]


def measure(port: int, call: list[str], options: argparse.Namespace) -> Figures:
    """Send requests for some seconds."""
    time.sleep(0.5)  # what the last one left under way would change rows of this one
    n, before = str(options.connections), cpu_seconds(port)
    # Numbers of orders are unique.
    call = [f"{port}-{before}" if word == "name" else word for word in call]
    wrk = ["wrk", "-t", n, "-c", n, "-d", f"{options.seconds}s", "--timeout", "10s"]
    wrk += ["-s", str(HERE / "wrk.lua"), f"http://{HOST}:{port}", "--"]
    printed = run(*pinned(others=True), *wrk, *call, env=environment())
    answered = json.loads(printed.splitlines()[-1])
    if answered["failed"] or not answered["requests"]:
        sys.exit(f"{call[:2]} of port {port}: {printed}")
    requests = answered["requests"]
    cpu = (cpu_seconds(port) - before) / requests * 1e6
    return Figures(cpu, requests / answered["seconds"], answered["p99"])


def ratios_of(measured: dict[str, Rounds], kind: str) -> Ratios:
    """Return the ratios of a figure to that of the first service, by operation."""
    return {
        operation: {
            name: [getattr(r[name], kind) / getattr(r[ORM], kind) for r in rounds]
            for name in rounds[0]
            if name != ORM
        }
        for operation, rounds in measured.items()
    }


def report(operation: str, rounds: Rounds) -> None:
    """Print rows of a table: figures, and their ratios to those of the first service."""
    first = next(iter(rounds[0]))
    for name in rounds[0]:
        cells = [operation if name == first else "", name]
        for kind in Figures._fields:
            values = [getattr(each[name], kind) for each in rounds]
            base = [getattr(each[first], kind) for each in rounds]
            ratios = [a / b for a, b in zip(values, base, strict=True)]
            spread = f"**{median(ratios):.2f}** ({min(ratios):.2f}..{max(ratios):.2f})"
            cells += [f"{median(values):.0f}", "1" if name == first else spread]
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
