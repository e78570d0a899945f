"""Measures the seconds from Enter on `cookiecutter` to a first answer, beside Django.

The answer comes from the migrated database: `GET /health/ready`, and for Django a view
that counts users. Django goes the way that its tutorial and that of Django REST framework
teach, to the same server: no pinned packages, no tools for tests, format and types.

It is measured with uv, and without any uv on the machine, all in turn; package caches are
warm, because a first run of each kind is not counted.
"""

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from common import (
    BIN,
    HOST,
    TEMPLATE,
    Environment,
    environment,
    exit_when_terminated,
    free_port,
    generate,
    run,
    server,
)

STEP = re.compile(r"^ +(\S.*?) \.+ ([0-9.]+) s$", re.MULTILINE)
RENDERING, STARTING, TOTAL = "rendering and hooks", "gunicorn, first 200", "total"
PACKAGES = ("django", "djangorestframework", "gunicorn")
URLS = """
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.urls import path

urlpatterns = [path("", lambda request: HttpResponse(User.objects.count()))]
"""

Times = dict[str, float]  # seconds for each step, and for all of them


def main() -> None:
    """Measure both ways and print medians, in seconds, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="for each way, default 3")
    runs = parser.parse_args().runs
    exit_when_terminated()
    with tempfile.TemporaryDirectory() as directory:
        bare = without_uv(Path(directory))
        ways: dict[str, Callable[[], Times]] = {
            "uv": partial(first_answer, BIN / "cookiecutter", environment()),
            "django, uv": partial(django, with_uv=True),
            "pip": partial(first_answer, bare, environment(with_uv=False)),
            "django, pip": partial(django, with_uv=False),
        }
        rounds = [{k: way() for k, way in ways.items()} for _ in range(runs + 1)]
    report(rounds[1:])  # the first one warms the caches


def without_uv(directory: Path) -> Path:
    """Return a cookiecutter that was installed by pip, with no uv beside it."""
    venv, env = directory / "bare", environment()
    run(sys.executable, "-m", "venv", venv, env=env)
    python = ("--python", venv / "bin/python")
    run("uv", "pip", "install", *python, "--group", "generate", env=env, cwd=TEMPLATE)
    return venv / "bin" / "cookiecutter"


def first_answer(cookiecutter: Path, env: Environment) -> Times:
    """Generate a project, serve it, and return the seconds that each part took."""
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        started = time.perf_counter()
        project, output = generate(cookiecutter, Path(directory), env)
        generated = time.perf_counter()
        gunicorn = [project / ".venv/bin/gunicorn", "app.wsgi:app"]
        env = {**env, "PORT": str(port)}
        with server(gunicorn, project, env, port, "/health/ready"):
            answered = time.perf_counter()
    steps = {label: float(seconds) for label, seconds in STEP.findall(output)}
    return {
        RENDERING: generated - started - sum(steps.values()),
        **steps,
        STARTING: answered - generated,
        TOTAL: answered - started,
    }


def django(*, with_uv: bool) -> Times:
    """Make a project of Django in a new environment, and serve it."""
    env, port = environment(with_uv=with_uv), free_port()
    steps, started = {}, time.perf_counter()

    def step(label: str, *command: str | Path, cwd: Path) -> None:
        begun = time.perf_counter()
        run(*command, env=env, cwd=cwd)
        steps[label] = steps.get(label, 0) + time.perf_counter() - begun

    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        venv = folder / ".venv/bin"
        make = ("uv", "venv") if with_uv else (sys.executable, "-m", "venv")
        pip = ("uv", "pip") if with_uv else (venv / "pip",)
        env["VIRTUAL_ENV"] = str(folder / ".venv")
        step("virtual environment", *make, folder / ".venv", cwd=folder)
        step("packages", *pip, "install", *PACKAGES, cwd=folder)
        command = (venv / "django-admin", "startproject", "service", ".")
        step(RENDERING, *command, cwd=folder)
        (folder / "service/urls.py").write_text(URLS)
        command = (venv / "python", "manage.py", "migrate")
        step("migrations and database", *command, cwd=folder)
        generated = time.perf_counter()
        bind = ("--bind", f"{HOST}:{port}", "--no-control-socket")
        gunicorn = [venv / "gunicorn", "service.wsgi", *bind]
        with server(gunicorn, folder, env, port, "/"):
            answered = time.perf_counter()
    total = answered - started
    return {**steps, STARTING: answered - generated, TOTAL: total}


def report(rounds: list[dict[str, Times]]) -> None:
    """Print a table of medians, in seconds, and the ratios of the totals."""
    kinds = list(rounds[0])
    print(f"{'seconds, median':<28}" + "".join(f"{kind:>14}" for kind in kinds))
    for label in rounds[0]["uv"]:
        cells = [median(r[kind].get(label, 0) for r in rounds) for kind in kinds]
        print(f"{label:<28}" + "".join(f"{cell:14.1f}" for cell in cells))
    for kind in ("uv", "pip"):
        ratios = [r[kind][TOTAL] / r[f"django, {kind}"][TOTAL] for r in rounds]
        spread = f"{min(ratios):.2f}..{max(ratios):.2f}"
        print(f"generated : Django with {kind} = {median(ratios):.2f} ({spread})")


if __name__ == "__main__":
    main()
