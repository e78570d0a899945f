"""A MariaDB server with the user and the port that generated projects expect."""

import getpass
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from uuid import uuid4

import pytest

PORT = 3306
CLIENT = ("mariadb", "--no-defaults", "-h127.0.0.1", f"-P{PORT}", "-uroot", "-proot")
USERS = "".join(
    f"CREATE USER IF NOT EXISTS root@'{host}';\n"
    f"SET PASSWORD FOR root@'{host}' = PASSWORD('root');\n"
    f"GRANT ALL ON *.* TO root@'{host}' WITH GRANT OPTION;\n"
    for host in ("localhost", "127.0.0.1")
)


def listens(port: int = PORT) -> bool:
    """Tell whether some server listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def start(folder: Path, port: int = PORT) -> subprocess.Popen[bytes]:
    """Start a server, with its files in a folder, and wait until it listens.

    Its temporary files too: another server that starts removes those in /tmp.
    """
    (folder / "temporary").mkdir(parents=True, exist_ok=True)
    options = [f"--user={getpass.getuser()}", f"--datadir={folder / 'data'}"]
    options += [f"--tmpdir={folder / 'temporary'}"]
    if not (folder / "data").exists():
        install = ["mariadb-install-db", "--no-defaults", *options, "--skip-test-db"]
        install.append("--auth-root-authentication-method=normal")
        ran = subprocess.run(install, check=False, capture_output=True, text=True)
        if ran.returncode:
            pytest.fail(f"MariaDB cannot be installed:\n{ran.stdout}\n{ran.stderr}")
    (folder / "users.sql").write_text(USERS)
    command = ["mariadbd", "--no-defaults", *options, f"--port={port}"]
    command += ["--bind-address=127.0.0.1", f"--socket={folder / 'socket'}"]
    command += [f"--init-file={folder / 'users.sql'}", "--skip-name-resolve"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    while not listens(port):
        if server.poll() is not None:
            pytest.exit(f"MariaDB does not start:\n{(folder / 'log').read_text()}")
        time.sleep(0.1)
    return server


def database(project: Path) -> str | None:
    """Return the database that a project uses, None if it has another kind."""
    found = re.search(rf"mysql.*:{PORT}/(\w+)", (project / ".env").read_text())
    return found and found[1]


def use_own_database(project: Path) -> str:
    """Let a project use a database that only it has; return the name of that."""
    name, env = f"test_{uuid4().hex}", project / ".env"
    env.write_text(re.sub(rf"(mysql.*:{PORT})/\w+", rf"\1/{name}", env.read_text()))
    return name


def copy(former: str, name: str) -> None:
    """Make a database with the tables and rows of another one."""
    address = CLIENT[1:]
    dump = ("mariadb-dump", *address, "--single-transaction", former)
    tables = subprocess.run(dump, check=True, capture_output=True).stdout
    made = f"CREATE DATABASE {name}; USE {name};\n".encode() + tables
    subprocess.run(CLIENT, input=made, check=True)


def stop(server: subprocess.Popen[bytes]) -> None:
    """End a server, whose data nobody needs any more."""
    server.kill()
    server.wait()


def need() -> None:
    """Skip the test where no server can be used; `.ci/run` allows no skip."""
    usable = shutil.which("mariadb") and listens()
    if not usable or subprocess.run([*CLIENT, "-e", ""], check=False).returncode:
        pytest.skip(f"no MariaDB for root:root on port {PORT}: install mariadb-server")
