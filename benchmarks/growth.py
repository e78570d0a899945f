"""Measures what a project costs as it grows by `./manage.py resource add`.

With each number of added resources: a command that does nothing, writing openapi.json,
`db migrate` for what came since the size before, and the whole test run.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from common import BIN, Environment, environment, exit_when_terminated, generate, run

SIZES = (1, 10, 50, 100)
FIELDS = ("title:str:unique", "price:decimal", "pages:int?", "owner:ref:User")
HELP, ADD = "manage.py --help", "resource add --no-migration"


def main() -> None:
    """Print a table of seconds, and the cost of `resource add` beside `--help`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="of the pair, default 5")
    rounds = parser.parse_args().rounds
    exit_when_terminated()
    with tempfile.TemporaryDirectory() as directory:
        env = {**environment(), "LOG_LEVEL": "ERROR"}
        project, _ = generate(BIN / "cookiecutter", Path(directory), env)
        compare(project, env, rounds)
        print(f"{'resources':>9}{'start':>8}{'openapi':>9}{'migrate':>9}{'tests':>8}")
        done = 0
        for size in SIZES:
            add(project, env, range(done, size))
            print(f"{size:>9}{measure(project, env)}")
            done = size


def compare(project: Path, env: Environment, rounds: int) -> None:
    """Time `resource add` and `--help` in turn; print the medians, in seconds."""
    times: dict[str, list[float]] = {HELP: [], ADD: []}
    for number in range(rounds + 1):
        times[HELP].append(seconds(manage, project, env, "--help"))
        times[ADD].append(
            seconds(add, project, env, range(1000 + number, 1001 + number))
        )
        manage(project, env, "resource", "remove", f"Thing{1000 + number}")
    for name, all_times in times.items():
        print(f"{name:<30}{median(all_times[1:]):6.2f} s")  # the first one warms caches


def add(project: Path, env: Environment, numbers: range) -> None:
    """Add resources without their migrations."""
    for number in numbers:
        resource = (f"Thing{number}", *FIELDS, "--no-migration")
        manage(project, env, "resource", "add", *resource)


def measure(project: Path, env: Environment) -> str:
    """Return the columns of one row, in seconds."""
    python = project / ".venv/bin/python"
    columns = [
        seconds(manage, project, env, "hello"),
        seconds(manage, project, env, "openapi", "write", "openapi.json"),
        seconds(manage, project, env, "db", "migrate", "--message", "more things"),
    ]
    manage(project, env, "db", "upgrade")
    tests = (python, "-m", "pytest", "-q")
    columns.append(seconds(lambda: run(*tests, env=env, cwd=project)))
    return "".join(
        f"{column:{width}.2f}"
        for column, width in zip(columns, (8, 9, 9, 8), strict=True)
    )


def manage(project: Path, env: Environment, *arguments: str) -> None:
    """Run a command of manage.py."""
    run(project / ".venv/bin/python", "manage.py", *arguments, env=env, cwd=project)


def seconds(action: Callable[..., object], *arguments: object) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
