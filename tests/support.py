"""Runs things as a user does: commands, `cookiecutter`, a server."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import mysql
from tests.variants import ROOT

BIN = Path(sys.executable).parent
# One for each worker: checking the libraries again for each project takes long.
MYPY_CACHE = str(ROOT / "build/mypy" / os.environ.get("PYTEST_XDIST_WORKER", "one"))
GIT = ("git", "-c", "user.name=A", "-c", "user.email=a@example.com")
# What a developer's own shell may have set must not decide a test.
FOREIGN = ("APP_", "DATABASE_", "SECRET_", "TEST_DATABASE_", "FLASK_", "VIRTUAL_ENV")
# Without bytecode, which a container may forbid, every command takes twice as long.
FOREIGN += ("PYTHONDONTWRITEBYTECODE", "METRICS_", "OTEL_", "PROMETHEUS_")
# Nor must the make that runs the tests: it makes another one print directories.
FOREIGN += ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")

# Names the folder for temporary files of commands, which conftest.py makes and removes.
# Not ours: tests of a project close theirs to others, and the embedded PostgreSQL of a
# project in ours runs as another user.
TEMPORARY = "TMPDIR_OF_COMMANDS"

# Tests of a project, or the beginnings of their names, that know no resource but users
# and the sample books: they say the same whatever else there is. test_repository.py holds
# them to it; a new file of tests is not among them until somebody puts it there.
APART = Path(__file__).with_name("apart.txt").read_text().split()


class Client(requests.Session):
    """A session whose `close` closes: an answer that somebody holds would prevent it.

    A server that is told to stop waits two seconds for such a connection.
    """

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request, and return its answer."""
        answer = super().send(*args, **kwargs)
        answer.raw = None  # which refers to the connections
        return answer


# What every test sends requests with; `serve` signs it in.
http = Client()
ROOT_USER = {"email": "root@example.com", "password": "only for these tests"}


def environment(**changes: str | None) -> dict[str, str]:
    """Return an environment for a command; None removes a variable."""
    found = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
    found["PATH"] = f"{BIN}{os.pathsep}{found['PATH']}"
    found["MYPY_CACHE_DIR"] = MYPY_CACHE
    if folder := os.environ.get(TEMPORARY):  # none in a benchmark
        found["TMPDIR"] = folder
    found |= {k: v for k, v in changes.items() if v is not None}
    return {
        k: v for k, v in found.items() if k not in changes or changes[k] is not None
    }


def run(
    *command: str | Path,
    cwd: Path,
    code: int | None = 0,
    stdin: str = "",
    **changes: str | None,
) -> str:
    """Run a command and return what it prints; `code` None allows any exit code."""
    result = subprocess.run(
        command,
        check=False,
        cwd=cwd,
        env=environment(**changes),
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        timeout=600,
    )
    if code is not None and result.returncode != code:
        pytest.fail(f"{command} ended with {result.returncode}:\n{result.stdout}")
    return result.stdout


def generate(
    output: Path,
    answers: dict[str, Any],
    *options: str,
    code: int | None = 0,
    **changes: str | None,
) -> str:
    """Generate a project with the real command; return what it prints."""
    output.mkdir(parents=True, exist_ok=True)
    given = [f"{name}={value}" for name, value in answers.items()]
    command = ["cookiecutter", str(ROOT), "--default-config", "--no-input", *options]
    return run(*command, *given, cwd=output, code=code, **changes)


def check_resources(project: Path) -> None:
    """Run what of `make check` an added, changed or removed resource can turn red.

    That is lint, its own tests, those that run over every table or every operation, and
    the comparison with migrations and document.
    """
    run("make", "lint", cwd=project)
    run(*resource_tests(project), cwd=project)
    run(python(project), "scripts/check.py", cwd=project)


def resource_tests(project: Path) -> list[str | Path]:
    """Return the command that runs the tests of a project but those that stand apart."""
    options = [
        f"--{'deselect' if '::' in name else 'ignore'}=tests/{name}" for name in APART
    ]
    return [python(project), "-m", "pytest", *options]


def heed_ctrl_c() -> None:
    """Let a child heed SIGINT, which a shell's background processes ignore."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def commit(folder: Path) -> None:
    """Commit everything in a folder."""
    if not (folder / ".git").exists():
        run("git", "init", "-q", cwd=folder)
    run("git", "add", "-A", cwd=folder)
    run(*GIT, "commit", "-q", "-m", "As it is now", cwd=folder)


def copy(project: Path, target: Path) -> Path:
    """Copy a project that was set up; the copy shares its virtual environment.

    It gets a database of its own. Its bytecode is good as long as its code is the same.
    """
    ignore = shutil.ignore_patterns(".venv", ".*_cache", "postgresql")
    shutil.copytree(project, target, ignore=ignore)
    (target / ".venv").symlink_to(project / ".venv")
    cluster = "instance/postgresql"
    if (project / cluster).exists():  # it belongs to another user, if this is root
        run("cp", "-a", project / cluster, target / cluster, cwd=target)
    if (former := mysql.database(project)) is not None:
        mysql.copy(former, mysql.use_own_database(target))
    return target


def python(project: Path) -> Path:
    """Return the interpreter of a project."""
    return project / ".venv/bin/python"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serve(
    project: Path, *command: str, as_superuser: bool = True, **changes: str | None
) -> Iterator[str]:
    """Run a server process, by default gunicorn; yield its address.

    `http` is signed in as a superuser, if asked to.
    """
    port = free_port()
    command = command or (".venv/bin/gunicorn", "app.wsgi:app")
    with (project / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [part.format(port=port) for part in command],
            cwd=project,
            env=environment(PORT=str(port), **changes),
            stdout=log,
            stderr=log,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(f"{url}/health/ready", server, project / "server.log")
            if as_superuser and not sign_in(url):
                create_superuser(project, **changes)
                sign_in(url)
            yield url
        finally:
            http.close()  # or the server waits a while for what else may be asked
            server.terminate()
            end(server)
    (project / "server.log").unlink()


def hash_cheaply(project: Path) -> None:
    """Let passwords take little time: half of many requests would be spent on them.

    That of the superuser stays as it is, or the `version` of the row would be another.
    """
    path = project / "app/core/identity/passwords.py"
    if path.exists():
        keep = "PasswordHasher.check_needs_rehash = lambda *_: False\n"
        cheap = f"{keep}hasher = PasswordHasher(1, 64, 1)"
        text = path.read_text().replace("hasher = PasswordHasher()", cheap)
        path.write_text(text)


def create_superuser(project: Path, **changes: str | None) -> None:
    """Make the superuser as whom tests send requests, unless there is one."""
    if (project / "app/core/identity").exists():
        command = ("./manage.py", "create-superuser", ROOT_USER["email"])
        password = ROOT_USER["password"]
        run(*command, cwd=project, code=None, stdin=password, **changes)


def sign_in(url: str) -> bool:
    """Let `http` send the token of the superuser, if there is one: tell so."""
    http.headers.pop("Authorization", None)
    answer = requests.post(f"{url}/api/v1/auth/login", json=ROOT_USER, timeout=30)
    if answer.ok:
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return answer.status_code != 401


def end(server: subprocess.Popen[bytes]) -> None:
    """Wait for a server that was told to stop. Raises TimeoutExpired for one that stays."""
    try:
        server.wait(timeout=40)
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()


def wait_for(
    url: str, server: subprocess.Popen[bytes], log: Path, seconds: int = 30
) -> None:
    """Wait until a server answers."""
    for _ in range(seconds * 10):
        if server.poll() is not None:
            break
        try:
            if requests.get(url, timeout=5).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.1)
    pytest.fail(f"The server did not start:\n{log.read_text()}")


def need(tool: str, why: str) -> str:
    """Return the path of a tool, or skip the test; `.ci/run` allows no skip."""
    path = shutil.which(tool)
    if path is None:
        pytest.skip(f"{tool} is not installed: {why}")
    return path
