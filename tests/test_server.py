"""The production server under load: slow clients, stops, reloads, killed workers."""

import os
import re
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import requests

from tests import load, support, variants
from tests.load import Load

SQLITE = variants.COMBINATIONS[0]
OPEN = {"database": "postgresql", "auth": "none"}  # nobody needs to sign in
POSTGRESQL = next(a for a in variants.COMBINATIONS if a.items() >= OPEN.items())
SIZES = {"WEB_CONCURRENCY": "2", "WEB_THREADS": "4", "LOG_LEVEL": "WARNING"}


@pytest.fixture
def napping(project: Path) -> Path:
    """Return a project with a page that takes 150 ms."""
    load.add_nap(project)
    return project


@variants.each([SQLITE])
@pytest.mark.parametrize("number", [10, 100])
def test_slow_clients_stop_nobody(project: Path, number: int) -> None:
    answered = {}
    load.shrink_buffers(project)
    with load.server(project, **SIZES) as (_, port):
        for kind in load.KINDS:
            with load.held(port, kind, number):
                answered[kind] = max(load.probe(port))
    assert not [kind for kind, worst in answered.items() if worst > 5], answered


@variants.each([SQLITE])
def test_stop_loses_nothing(napping: Path) -> None:
    """When no new connections have come for two seconds, as behind a load balancer."""
    with load.server(napping, **SIZES) as (process, port), Load(port) as clients:
        load.until(lambda: clients.counts[200] > 50)
        clients.no_more.set()
        time.sleep(2)
        started = time.monotonic()
        process.terminate()
        assert process.wait(10) == 0
        assert time.monotonic() - started < 10
    assert set(clients.counts) == {200}, clients.counts


@variants.each([SQLITE])
def test_reload_recycling_and_kill(napping: Path) -> None:
    """Nothing is lost but what was in work in a killed process."""
    options = ("--max-requests", "100")
    with load.server(napping, *options, **SIZES) as (process, port):
        with Load(port) as clients:
            first = set(load.workers(process))
            load.until(lambda: clients.counts[200] > 300)
            assert first != set(load.workers(process)), "no process was recycled"
            for _ in range(2):
                process.send_signal(signal.SIGHUP)
                time.sleep(2)
        assert set(clients.counts) == {200}, clients.counts
        with Load(port) as clients:
            load.until(lambda: clients.counts[200] > 50)
            load.workers(process)[0].kill()
            load.until(lambda: clients.counts[200] > 200)
            load.until(lambda: len(load.workers(process)) == 2)
        nap = requests.get(f"http://127.0.0.1:{port}/nap", timeout=5)
        assert nap.json() == {"gc": True}, "workers must collect garbage"
        assert clients.counts["lost"] <= len(clients.threads), clients.counts
        assert set(clients.counts) <= {200, "lost"}, clients.counts


def catches_sigterm(process: psutil.Process) -> bool:
    """Tell whether a process has a handler for SIGTERM, as gunicorn.conf.py sets it."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(caught >> (signal.SIGTERM - 1) & 1)


def stop_after(project: Path, moment: float, prefix: tuple[str, ...]) -> None:
    """Start gunicorn, send it a SIGTERM after some seconds, and expect exit code 0."""
    process = psutil.Popen(
        [*prefix, ".venv/bin/gunicorn", "app.wsgi:app"],
        cwd=project,
        env=support.environment(**SIZES, PORT=str(support.free_port())),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        load.until(lambda: not prefix or process.children())
        gunicorn = process.children()[0] if prefix else process
        load.until(lambda: catches_sigterm(gunicorn))
        time.sleep(moment)
        gunicorn.terminate()
        started = time.monotonic()
        assert process.wait(20) == 0, moment
        assert time.monotonic() - started < 3, moment
    finally:
        if process.poll() is None:
            for child in (*process.children(recursive=True), process):
                child.kill()
            process.wait()


@variants.each([SQLITE])
@pytest.mark.parametrize("prefix", [(), ("unshare", "--pid", "--fork", "--mount-proc")])
def test_sigterm_at_ten_moments_of_the_start(
    project: Path, prefix: tuple[str, ...]
) -> None:
    """Also as process 1 of a container, which no signal without a handler ends."""
    if prefix and (not shutil.which("unshare") or os.geteuid()):
        pytest.skip("needs the rights of root to make a process 1")
    moments = [number * 0.15 for number in range(10)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda moment: stop_after(project, moment, prefix), moments))


@variants.each([SQLITE])
def test_start_that_cannot_work_ends_in_one_line(project: Path) -> None:
    command = (".venv/bin/gunicorn", "app.wsgi:app")
    with load.server(project, **SIZES) as (_, port):
        taken = {"PORT": str(port), "LOG_LEVEL": "WARNING"}
        for words in (command, ("./manage.py", "run")):
            printed = support.run(*words, cwd=project, code=1, **taken)
            assert len(printed.splitlines()) == 1, printed
            assert "PORT" in printed
    printed = support.run(*command, cwd=project, code=1, WEB_THREADS="many")
    assert printed.startswith("WEB_THREADS must be"), printed
    printed = support.run(*command, cwd=project, code=1, SECRET_KEY="short")
    assert printed.startswith("Error: SECRET_KEY"), printed
    (project / "app/orders/models.py").write_text("broken\n")
    printed = support.run(*command, cwd=project, code=1)
    assert "Booting worker" not in printed
    assert "NameError" in printed.splitlines()[-1]


@variants.each([SQLITE])
def test_commands_collect_garbage(project: Path) -> None:
    """Only not while they import; a command may take hours."""
    asked = "import gc; print('on' if gc.isenabled() else 'off', gc.get_freeze_count())"
    printed = support.run("./manage.py", "shell", cwd=project, stdin=asked)
    assert int(re.search(r"\bon (\d+)", printed)[1]) > 10000, printed


@variants.each([SQLITE])
def test_log_has_one_format(project: Path) -> None:
    production = {
        "APP_ENV": "production",
        "SECRET_KEY": "d8fKx2" + os.urandom(16).hex(),
    }
    production["DATABASE_URL"] = f"sqlite:///{project}/instance/app.sqlite3"
    with load.server(project, **production) as (_, port):
        pass
    lines = (project / f"server-{port}.log").read_text().splitlines()
    assert any("Booting worker" in line for line in lines)
    assert not [line for line in lines if not line.startswith('{"asctime"')]


@variants.each([POSTGRESQL])
def test_migration_while_requests_flow(napping: Path) -> None:
    """The former code serves on, while a table is added."""
    add = ("./manage.py", "resource", "add", "Book", "title:str")
    with load.server(napping, **SIZES) as (_, port):
        support.run(*add, cwd=napping)
        with Load(port, path="/api/v1/users/") as clients:
            load.until(lambda: clients.counts[200] > 50)
            support.run("./manage.py", "db", "upgrade", cwd=napping)
            so_far = clients.counts[200]
            load.until(lambda: clients.counts[200] > so_far + 50)
    assert set(clients.counts) == {200}, clients.counts


@variants.each([POSTGRESQL])
def test_two_services_and_two_migrations_at_once(project: Path) -> None:
    """On one empty database: both commands end well, and both services become ready."""
    code = "from sqlalchemy import create_engine, text\n"
    code += "from app import create_app\nfrom app.core.data.session import db\n"
    code += "with create_app().app_context(), db.engine.connect() as c:\n"
    code += "    c.execution_options(isolation_level='AUTOCOMMIT')"
    code += ".execute(text('CREATE DATABASE empty'))"
    with load.server(project, **SIZES):  # keeps the embedded PostgreSQL running
        support.run(support.python(project), "-c", code, cwd=project)
        empty = {"DATABASE_URL": "postgresql+psycopg://postgres@embedded/empty"}
        upgrade = [support.python(project), "manage.py", "db", "upgrade"]
        with (
            load.server(project, **SIZES, **empty) as (_, first),
            load.server(project, **SIZES, **empty) as (_, second),
        ):
            with pytest.raises(load.http.client.HTTPException, match="503"):
                load.get(first, "/health/ready")
            env = support.environment(**empty)
            commands = [subprocess.Popen(upgrade, cwd=project, env=env) for _ in "ab"]
            assert [command.wait(60) for command in commands] == [0, 0]
            assert max(load.probe(first, 3) + load.probe(second, 3)) < 10


@variants.each([SQLITE])
def test_proxy_takes_slow_bodies(project: Path, tmp_path: Path) -> None:
    """The nginx of the README: bodies that are too large for the service to keep."""
    nginx = support.need("nginx", "the README's snippet is run with it")
    text = (project / "README.md").read_text()
    snippet = re.search("```nginx\n(.*?)```", text, re.DOTALL)[1]
    large = {"MAX_CONTENT_LENGTH": str(10 * 2**20), "TRUSTED_PROXIES": "1"}
    with load.server(project, **SIZES, **large) as (_, port):
        outside = support.free_port()
        snippet = snippet.replace(":8000", f":{port}").replace("1m;", "10m;")
        snippet = snippet.replace("listen 80;", f"listen 127.0.0.1:{outside};")
        folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        places = "".join(f"{f}_temp_path {tmp_path}/{f};\n" for f in folders)
        (tmp_path / "nginx.conf").write_text(
            f"daemon off; pid {tmp_path}/pid; events {{}}\n"
            f"http {{ access_log off; {places} {snippet} }}"
        )
        command = [nginx, "-e", tmp_path / "log", "-c", tmp_path / "nginx.conf"]
        proxy = subprocess.Popen(command)
        try:
            log = tmp_path / "log"
            support.wait_for(f"http://127.0.0.1:{outside}/health/live", proxy, log)
            with load.held(outside, load.LARGE, 20):
                assert max(load.probe(outside)) < 5
        finally:
            proxy.terminate()
            proxy.wait()
