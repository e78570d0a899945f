"""Databases that go away, come back, or were never there."""

import functools
import os
import re
import signal
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests import mysql, support, variants
from tests.support import http
from tests.variants import COMBINATIONS

# Each address is wrong in one way; the message says what to do.
UNUSABLE = {
    "sqlite": {
        "sqlite:////nowhere/x.sqlite3": "directory must exist",
        "sqlite:///garbage.sqlite3": "Restore the file",
        "postgresql+psycopg://user@host/name": "must begin with sqlite://",
        "nonsense": "must begin with sqlite://",
    },
    "postgresql": {
        "postgresql+psycopg://user:x@127.0.0.1:1/name": "start the server",
        "postgresql+psycopg://user:x@host.invalid/name": "name of the host",
        "postgresql+psycopg://postgres@embedded/missing": "CREATE DATABASE",
        "postgresql+psycopg2://user@host/name": r"begin with postgresql\+psycopg://",
        "postgres://user:x@127.0.0.1:1/name": "start the server",
        "postgresql://user:un@told@host/name": "%40",
    },
    "mysql": {
        "mysql+pymysql://root:root@127.0.0.1:1/name": "docker run",
        "mysql+pymysql://root:root@host.invalid/name": "name of the host",
        "mysql+pymysql://root:wrong@127.0.0.1:3306/name": "the password",
        "mysql+pymysql://root:root@127.0.0.1:3306/missing": "CREATE DATABASE",
        "mysql://root:root@127.0.0.1:1/name": "docker run",
        "mysql://root:un@told@host/name": "%40",
    },
}


def each_database(*names: str) -> pytest.MarkDecorator:
    """Parametrize a test with `answers`, one combination for each database."""
    first = {answers["database"]: answers for answers in reversed(COMBINATIONS)}
    return variants.each([first[name] for name in names])


@each_database("sqlite", "postgresql", "mysql")
def test_unusable_database_is_told_in_one_line(
    answers: dict[str, Any], project: Path
) -> None:
    (project / "instance").mkdir(exist_ok=True)
    (project / "instance/garbage.sqlite3").write_text("not a database at all " * 99)
    command = (support.python(project), "-W", "error", "manage.py", "db", "upgrade")
    for url, cure in UNUSABLE[answers["database"]].items():
        changes = {"DATABASE_URL": url, "LOG_LEVEL": "ERROR"}
        printed = support.run(*command, cwd=project, code=1, **changes)
        (line,) = printed.splitlines()
        assert "DATABASE_URL" in line
        assert re.search(cure, line), line
        assert "told" not in line


@each_database("sqlite", "postgresql", "mysql")
def test_connections_survive_a_fork(project: Path) -> None:
    code = """if True:
        import os
        from sqlalchemy import text
        from app import create_app
        from app.core.data.session import db

        def ask(number):
            with app.app_context():
                for _ in range(100):
                    answer = db.session.scalar(text("SELECT :n"), {"n": number})
                    assert int(answer) == number

        app = create_app()
        ask(0)
        children = []
        for number in range(1, 5):
            pid = os.fork()
            if pid == 0:
                ask(number)
                os._exit(0)
            children.append(pid)
        ask(5)
        assert not any(os.waitpid(pid, 0)[1] for pid in children)
    """
    support.run(support.python(project), "-c", code, cwd=project)
    # Who ends like this does not say so: the next command stops an embedded server.
    support.run("./manage.py", "db", "current", cwd=project)
    assert not postgres(project)


@each_database("postgresql")
def test_embedded_server_stops_with_its_last_user(project: Path) -> None:
    """It is shared by processes, and survives the hard end of each of them."""
    assert not postgres(project)
    with support.serve(project, WEB_CONCURRENCY="2") as url:
        (server,) = postgres(project)
        support.run("./manage.py", "seed", cwd=project)
        assert postgres(project) == [server], "the command stopped it"
        assert http.get(f"{url}/api/v1/users/", timeout=30).ok
    assert not postgres(project)

    code = "import os, signal\nfrom app import create_app\n"
    code += "create_app().test_client().get('/health/ready')\n"
    code += "os.kill(os.getpid(), signal.SIGKILL)"
    support.run(support.python(project), "-c", code, cwd=project, code=-9)
    assert postgres(project)
    support.run("./manage.py", "db", "current", cwd=project)
    assert not postgres(project), "a killed process keeps it running"


@each_database("postgresql")
def test_embedded_server_is_shared_by_processes(project: Path) -> None:
    """Each connects again and again, which starts the server or finds it running."""
    code = """if True:
        from sqlalchemy import text
        from app import create_app
        from app.core.data.session import db

        with create_app().app_context():
            for _ in range(30):
                db.session.execute(text("SELECT 1"))
                db.session.remove()
                db.engine.dispose()
    """
    command, env = [support.python(project), "-c", code], support.environment()
    users = [subprocess.Popen(command, cwd=project, env=env) for _ in range(4)]
    assert [user.wait(120) for user in users] == [0] * 4
    assert not postgres(project)


@each_database("postgresql")
def test_embedded_server_in_a_path_with_blanks(project: Path) -> None:
    moved = project.rename(project.with_name("with blanks in it"))
    support.run("./manage.py", "db", "upgrade", cwd=moved, LC_ALL="xx_XX.UTF-8")
    assert not postgres(moved)


def postgres(project: Path) -> list[int]:
    """Return the processes of the PostgreSQL server of a project."""
    pid_file = project / "instance/postgresql/postmaster.pid"
    pids = [int(pid_file.read_text().split()[0])] if pid_file.exists() else []
    return [pid for pid in pids if psutil.pid_exists(pid)]


@each_database("postgresql", "mysql")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_server_goes_and_comes_back(
    answers: dict[str, Any],
    project: Path,
    how: signal.Signals,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """Under load: no answer but 200, 201 and 503, and then all is well again."""
    changes = {"WEB_CONCURRENCY": "2"}
    if answers["database"] == "mysql":
        mysql.need()
        port = support.free_port()
        own = mysql.start(tmp_path / "mysql", port)
        request.addfinalizer(functools.partial(mysql.stop, own))
        base = f"mysql+pymysql://root:root@127.0.0.1:{port}/own"
        changes["DATABASE_URL"] = base
        prepare = (support.python(project), "scripts/first_migration.py")
        support.run(*prepare, cwd=project, DATABASE_URL=base)
    with support.serve(project, **changes) as url:
        with ThreadPoolExecutor(4) as pool:
            load = [pool.submit(work, url, number) for number in range(4)]
            time.sleep(1)
            if answers["database"] == "mysql":
                own.send_signal(how)
                own.wait()
                time.sleep(1)
                own = mysql.start(tmp_path / "mysql", port)
                request.addfinalizer(functools.partial(mysql.stop, own))
            else:
                os.kill(postgres(project)[0], how)
            statuses = sum((answer.result() for answer in load), Counter())
        log = (project / "server.log").read_text()
        assert set(statuses) <= {200, 201, 503}, f"{statuses}\n{log}"
        assert statuses[201] > 4
        body = {"email": "after@example.com", "name": "After"}
        assert http.post(f"{url}/api/v1/users/", json=body, timeout=30).ok
        assert http.get(f"{url}/health/ready", timeout=30).ok


def work(url: str, number: int, seconds: float = 8) -> Counter[int]:
    """Write and read for some seconds; count the statuses of the answers."""
    statuses: Counter[int] = Counter()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        body = {"email": f"{number}-{len(statuses)}-{time.time()}@example.com"}
        body["name"] = "Load"
        for answer in (
            http.post(f"{url}/api/v1/users/", json=body, timeout=30),
            http.get(f"{url}/api/v1/users/?limit=5", timeout=30),
        ):
            statuses[answer.status_code] += 1
    return statuses
