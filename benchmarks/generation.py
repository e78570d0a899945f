"""Measures the seconds from Enter on `cookiecutter` to a first answer.

The answer is a 200 of `GET /health/ready`, which comes from the migrated database. It
is measured with uv, and without any uv on the machine; package caches are warm, because
a first run of each kind is not counted.
"""

import argparse
import re
import tempfile
import time
from pathlib import Path
from statistics import median

from common import (
    BIN,
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

Times = dict[str, float]  # seconds for each step, and for all of them


def main() -> None:
    """Measure both ways and print medians, in seconds, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="for each way, default 3")
    runs = parser.parse_args().runs
    exit_when_terminated()
    with tempfile.TemporaryDirectory() as directory:
        bare = without_uv(Path(directory))
        kinds = {
            "uv": (BIN / "cookiecutter", environment()),
            "pip": (bare, environment(with_uv=False)),
        }
        results = {kind: measure(*start, runs) for kind, start in kinds.items()}
    report(results)


def without_uv(directory: Path) -> Path:
    """Return a cookiecutter that has no uv beside it."""
    venv, env = directory / "bare", environment()
    run("uv", "venv", "--quiet", "--python", BIN / "python", venv, env=env)
    python = ("--python", venv / "bin/python")
    run("uv", "pip", "install", *python, "--group", "generate", env=env, cwd=TEMPLATE)
    return venv / "bin" / "cookiecutter"


def measure(cookiecutter: Path, env: Environment, runs: int) -> list[Times]:
    """Return the times of `runs` runs, after one that warms the caches."""
    return [first_answer(cookiecutter, env) for _ in range(runs + 1)][1:]


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


def report(results: dict[str, list[Times]]) -> None:
    """Print a table of medians, in seconds, and the ratio of the totals."""
    medians = {
        kind: {label: median(t[label] for t in runs) for label in runs[0]}
        for kind, runs in results.items()
    }
    print(f"{'seconds, median':<28}{'uv':>6}{'pip':>6}")
    for label in medians["uv"]:
        print(f"{label:<28}{medians['uv'][label]:6.1f}{medians['pip'][label]:6.1f}")
    for kind, runs in results.items():
        totals = ", ".join(f"{t[TOTAL]:.1f}" for t in runs)
        print(f"every total with {kind}: {totals}")
    print(f"uv : pip = 1 : {medians['pip'][TOTAL] / medians['uv'][TOTAL]:.2f}")


if __name__ == "__main__":
    main()
