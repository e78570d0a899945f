"""What the benchmarks share: a clean environment, a project, a server that answers."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parent.parent
BIN = TEMPLATE / ".venv" / "bin"
HOST = "127.0.0.1"
PATIENCE = 30  # seconds until a server that does not answer is given up
TICKS = os.sysconf("SC_CLK_TCK")

# What is set for another project or environment and would change what is measured.
FOREIGN = {"UV", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}
SETTINGS = {"APP_ENV", "SECRET_KEY", "DATABASE_URL", "LOG_LEVEL", "DOCS_ENABLED"}
IGNORED = FOREIGN | SETTINGS | {"HOST", "PORT", "WEB_CONCURRENCY"}

Environment = dict[str, str]


def environment(*, with_uv: bool = True) -> Environment:
    """Return the environment for commands, with uv first on PATH or without any uv."""
    env = {k: v for k, v in os.environ.items() if k not in IGNORED}
    folders = [str(BIN), *env.get("PATH", os.defpath).split(os.pathsep)]
    if not with_uv:
        folders = [folder for folder in folders if not shutil.which("uv", path=folder)]
    return {"UV_SYSTEM_CERTS": "1", **env, "PATH": os.pathsep.join(folders)}


def run(*command: str | Path, env: Environment, cwd: Path | None = None) -> str:
    """Run a command and return what it prints; show all of it when it fails."""
    result = subprocess.run(
        command, check=False, env=env, cwd=cwd, text=True, capture_output=True
    )
    if result.returncode:
        shown = " ".join(map(str, command))
        sys.exit(f"{result.stdout}{result.stderr}\nfailed: {shown}")
    return result.stdout


def generate(
    cookiecutter: Path, directory: Path, env: Environment, *answers: str
) -> tuple[Path, str]:
    """Make a project, by default as Enter all the way; return it and what was printed."""
    options = ("--default-config", "--no-input", "--output-dir", directory)
    output = run(cookiecutter, TEMPLATE, *options, *answers, env=env)
    if "Ready after" not in output:
        sys.exit(f"{output}\nset-up did not finish")
    return next(directory.iterdir()), output


def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def cpu_seconds(port: int) -> float:
    """Return the CPU time so far of the processes that were started with a port."""
    mark, used = f"PORT={port}".encode(), 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                used += int(fields[11]) + int(fields[12])  # utime and stime
        except OSError:  # it has ended, or belongs to somebody else
            continue
    return used / TICKS


def send(port: int, path: str, method: str = "GET", body: str | None = None) -> bytes:
    """Return the body of a 200. Raises OSError or HTTPException for anything else."""
    connection = HTTPConnection(HOST, port, timeout=PATIENCE)
    try:
        headers = {"Content-Type": "application/json"} if body else {}
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        if response.status != 200:
            raise HTTPException(f"{path} answers {response.status}")
        return response.read()
    finally:
        connection.close()


@contextmanager
def server(
    command: list[str | Path], cwd: Path, env: Environment, port: int, path: str
) -> Iterator[None]:
    """Run a server until the block ends, however it ends; begin when `path` answers."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port, path, process)
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


def wait_for(port: int, path: str, process: subprocess.Popen[bytes]) -> None:
    """Return as soon as `path` answers 200, or give up."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            send(port, path)
            return
        except (OSError, HTTPException):
            time.sleep(0.01)
    sys.exit(f"{path} does not answer 200; started by {process.args}")


def exit_when_terminated() -> None:
    """Let SIGTERM end the program as an error does, so that servers are stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
