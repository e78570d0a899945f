"""Clients that behave, and count what they lose, and clients that do not."""

import http.client
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Self

import psutil

from tests import support

LIVE = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n"
LOGIN = b"POST /api/v1/users/ HTTP/1.1\r\nHost: localhost\r\n"
LOGIN += b"Content-Type: application/json\r\n"
LARGE = "large body byte by byte"  # with MAX_CONTENT_LENGTH raised, for proxies only
# What each kind sends at once, and then again and again.
KINDS = {
    "silent": (b"", b""),
    "half a header block": (LIVE, b""),
    "headers byte by byte": (LIVE[:9], b"x"),
    "body byte by byte": (LOGIN + b"Content-Length: 999\r\n\r\n{", b" "),
    "chunks byte by byte": (
        LOGIN + b"Transfer-Encoding: chunked\r\n\r\n3e7\r\n{",
        b" ",
    ),
    "a body that is too large": (LOGIN + b"Content-Length: 99999999\r\n\r\n{", b" "),
    LARGE: (LOGIN + b"Content-Length: 5000000\r\n\r\n{", b" "),
    "never reads the answer": (b"GET /openapi.json" + LIVE[16:] + b"\r\n", b""),
    "never closes": (LIVE + b"Connection: close\r\n\r\n", b""),
    "keeps the connection": (LIVE + b"\r\n", b""),
}
NAP = '''"""A page that takes its time, for drills."""

import gc
from time import sleep

from flask import Blueprint

blueprint = Blueprint("naps", __name__)


@blueprint.get("/nap")
def nap() -> dict[str, bool]:
    """Answer late, and whether garbage is collected."""
    sleep(0.15)
    return {"gc": gc.isenabled() and gc.get_freeze_count() > 10000}
'''


BUFFERS = '''

loaded = when_ready


def when_ready(server: Any) -> None:
    """Let the kernel keep as little of an answer as it does on a real network."""
    loaded(server)
    for listener in server.LISTENERS:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 * 1024)
'''


def shrink_buffers(project: Path) -> None:
    """Let an answer that is not read wait in the service, also on loopback."""
    with (project / "gunicorn.conf.py").open("a") as conf:
        conf.write(BUFFERS)


def add_nap(project: Path) -> None:
    """Give a project in the domain layout a slow page."""
    (project / "app/naps").mkdir(exist_ok=True)
    (project / "app/naps/__init__.py").write_text('"""Naps."""\n')
    (project / "app/naps/views.py").write_text(NAP)


@contextmanager
def server(
    project: Path, *options: str, **changes: str | None
) -> Iterator[tuple[psutil.Popen, int]]:
    """Run gunicorn in a project; yield its process and its port."""
    port = int(changes.setdefault("PORT", str(support.free_port())) or 0)
    log = project / f"server-{port}.log"
    with log.open("wb") as output:
        process = psutil.Popen(
            [project / ".venv/bin/gunicorn", *options, "app.wsgi:app"],
            cwd=project,
            env=support.environment(**changes),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        support.wait_for(f"http://127.0.0.1:{port}/health/live", process, log, 60)
        yield process, port
    finally:
        if process.poll() is None:
            process.terminate()
        support.end(process)


def workers(process: psutil.Popen) -> list[psutil.Process]:
    """Return the processes that answer."""
    return process.children()


def until(condition: Callable[[], object], seconds: float = 30) -> None:
    """Wait until something holds. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(condition)
        time.sleep(0.05)


@contextmanager
def held(port: int, kind: str, number: int) -> Iterator[int]:
    """Hold connections of a kind of slow client; yield how many were taken."""
    first, again = KINDS[kind]
    clients: list[socket.socket] = []
    done = Event()

    def trickle() -> None:
        while not done.wait(1):
            for client in clients:
                with suppress(OSError):  # closed by the server, rightly
                    client.sendall(again)

    for _ in range(number):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.settimeout(10)
        client.connect(("127.0.0.1", port))
        client.sendall(first)
        clients.append(client)
    thread = Thread(target=trickle)
    thread.start()
    try:
        yield len(clients)
    finally:
        done.set()
        thread.join()
        for client in clients:
            client.close()


def probe(port: int, number: int = 10, timeout: float = 10) -> list[float]:
    """Ask for readiness; return the seconds of each answer, infinity where none came."""
    seconds = []
    for _ in range(number):
        started = time.monotonic()
        try:
            get(port, "/health/ready", timeout)
            seconds.append(time.monotonic() - started)
        except (OSError, http.client.HTTPException):
            seconds.append(float("inf"))
        time.sleep(0.05)
    return seconds


def get(port: int, path: str, timeout: float = 30) -> None:
    """Ask once, on a connection of its own. Raises OSError or HTTPException."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise http.client.HTTPException(answer.status)
    finally:
        connection.close()


class Load:
    """Clients of which each has one request after the other in work.

    `counts` has how often each status came, and `lost`: sent, and not answered. Half of
    the clients keep their connections, and a fifth of the requests takes 150 ms.
    """

    def __init__(
        self, port: int, clients: int = 8, path: str = "/health/ready"
    ) -> None:
        self.port, self.path = port, path
        self.counts: Counter[int | str] = Counter()
        self.no_more, self.ended = Event(), Event()
        self.threads = [Thread(target=self._run, args=(n,)) for n in range(clients)]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def _run(self, number: int) -> None:
        sent = 0
        while not (self.ended.is_set() or self.no_more.is_set()):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                connection.connect()
                keeps = True
                while keeps and not self.ended.is_set():
                    sent += 1
                    naps = sent % 5 == number % 5
                    connection.request("GET", "/nap" if naps else self.path)
                    answer = connection.getresponse()
                    answer.read()
                    self.counts[answer.status] += 1
                    keeps = number % 2 and answer.getheader("Connection") != "close"
            except ConnectionRefusedError:
                self.counts["refused"] += 1
                time.sleep(0.05)
            except (OSError, http.client.HTTPException):
                self.counts["lost"] += 1
            finally:
                connection.close()
