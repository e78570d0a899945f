"""The production server: whoever is slow, or sends no HTTP, keeps nobody else waiting."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from selectors import DefaultSelector
from threading import BoundedSemaphore, Thread
from typing import Any

import pytest
from flask import Flask

pytest.importorskip("fcntl", reason="gunicorn does not run on Windows")

from gunicorn.config import Config
from gunicorn.glogging import Logger

from app.core.server import worker as server
from app.core.server.connection import Parser, Received, Socket

GET = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n"
CLOSE = b"Connection: close\r\n"
POST = b"POST /health/live HTTP/1.1\r\nHost: localhost\r\n" + CLOSE
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
PART, PARTS = b"x" * 2**18, 32  # in all, more than is kept of a stream


@pytest.fixture
def threads() -> int:
    """Return how many threads the worker has."""
    return 1


@pytest.fixture
def address(
    app: Flask, threads: int, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, int]]:
    """Run a worker, which waits for half a second; two of its answers are large."""
    monkeypatch.setattr(server, "RECEIVING", 0.5)
    monkeypatch.setattr(server, "CLOSING", 0.5)

    def serve(environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"] not in {"/whole", "/stream"}:
            return app(environ, start_response)
        start_response("200 OK", [("Connection", "close")])
        whole = environ["PATH_INFO"] == "/whole"
        return [PART * PARTS] if whole else iter([PART] * PARTS)

    config = Config()
    config.set("threads", threads)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 256 * 1024)
        worker = server.Worker(
            1, os.getppid(), [listener], None, 30, config, Logger(config)
        )
        worker.wsgi, worker.tpool = serve, worker.get_thread_pool()
        worker.poller = DefaultSelector()
        worker.method_queue.init()
        thread = Thread(target=worker.run)
        thread.start()
        yield listener.getsockname()
        worker.handle_exit(0, None)
        thread.join()
        worker.tmp.close()


def ask(address: tuple[str, int], *parts: bytes) -> bytes:
    """Send a request in parts, and return all that is answered before the end."""
    with socket.create_connection(address, timeout=10) as client:
        for part in parts:
            client.sendall(part)
        return b"".join(iter(lambda: client.recv(65536), b""))


def test_half_requests_hold_no_thread(address: tuple[str, int]) -> None:
    with ExitStack() as stack:
        slow = [
            stack.enter_context(socket.create_connection(address, timeout=10))
            for _ in range(20)
        ]
        for client, half in zip(
            slow, [b"", GET, CHUNKED + b"5\r\nab"] * 7, strict=False
        ):
            client.sendall(half)
        assert ask(address, GET + CLOSE + b"\r\n").startswith(b"HTTP/1.1 200")
        # And each is told, or closed without a word where it has said nothing.
        starts = {client.recv(65536)[:12] for client in slow}
    assert starts == {b"", b"HTTP/1.1 408"}


def test_large_answers_hold_no_thread(address: tuple[str, int]) -> None:
    """What a view has made at once is in memory already: the main loop sends it."""
    with socket.create_connection(address, timeout=10) as slow:
        slow.sendall(GET.replace(b"/health/live", b"/whole") + CLOSE + b"\r\n")
        assert ask(address, GET + CLOSE + b"\r\n").startswith(b"HTTP/1.1 200")
        answer = b"".join(iter(lambda: slow.recv(2**20), b""))
    assert answer.count(b"x") == len(PART) * PARTS


@pytest.mark.parametrize("threads", [3])
def test_streams_leave_a_thread_free(address: tuple[str, int]) -> None:
    with ExitStack() as stack:
        slow = [
            stack.enter_context(socket.create_connection(address, timeout=10))
            for _ in range(8)
        ]
        for client in slow:
            client.sendall(GET.replace(b"/health/live", b"/stream") + CLOSE + b"\r\n")
        assert ask(address, GET + CLOSE + b"\r\n").startswith(b"HTTP/1.1 200")
        answers = [b"".join(iter(lambda: c.recv(2**20), b"")) for c in slow]  # noqa: B023
    whole = [answer.count(b"x") == len(PART) * PARTS for answer in answers]
    assert any(whole)
    assert not all(whole)  # and the others were cut off


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ((GET, CLOSE + b"\r\n"), b"200"),
        ((POST + b"Content-Length: 4\r\n\r\nab", b"cd"), b"405"),
        ((CHUNKED + b"2\r\nab\r\n", b"0\r\n\r\n"), b"405"),
        ((CHUNKED + b"2\r\nab\r\n0\r\nA: b\r\n", b"\r\n"), b"405"),
        ((POST + b"Content-Length: 99999999\r\n\r\n",), b"405"),
        ((CHUNKED + b"ffffffff\r\n", b"a" * 3 * 2**20), b"413"),
        ((GET + b"A: " + b"a" * 2**17,), b"431"),
        ((b"GET / HTTP/1.1\n\n",), b"400"),
        # Request smuggling: two lengths, or one that is none.
        ((CHUNKED.replace(b"Host", b"Content-Length: 1\r\nHost"),), b"400"),
        ((POST + b"Content-Length: +4\r\n\r\nabcd",), b"400"),
        ((POST + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",), b"400"),
    ],
)
def test_requests_in_parts(
    address: tuple[str, int], parts: tuple[bytes, ...], status: bytes
) -> None:
    assert ask(address, *parts).startswith(b"HTTP/1.1 " + status)


def test_requests_in_a_row(address: tuple[str, int]) -> None:
    """Pipelining: what comes behind a body is the next request."""
    middle = CHUNKED.replace(CLOSE, b"") + b"1\r\na\r\n0\r\n\r\n"
    answer = ask(address, GET + b"\r\n" + middle + GET + CLOSE + b"\r\n")
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [
        b"200",
        b"405",
        b"200",
    ]


def test_connection_is_kept_after_a_refusal(address: tuple[str, int]) -> None:
    """What nobody has read of a body is not taken for the next request, nor loses it."""
    length = b"Content-Length: %d\r\n\r\n" % 2**20
    refused = POST.replace(CLOSE, b"") + length + b" " * 2**20
    answer = ask(address, refused, GET + CLOSE + b"\r\n")
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"405", b"200"]


def test_body_that_nobody_read_is_dropped_at_once() -> None:
    """Each read copies what is kept: many take time in the square of its size."""
    parts: list[int] = []

    class Counted(Received):
        def read(self, size: int | None = None, read_ahead: int | None = None) -> bytes:
            parts.append(size or 0)
            return super().read(size, read_ahead)

    ours, theirs = socket.socketpair()
    with theirs, Socket(ours, BoundedSemaphore()) as sock:
        parser = Parser(Config(), sock, ("192.0.2.1", 1))
        parser.unreader = Counted(sock)
        length = b"Content-Length: %d\r\n\r\n" % 2**21
        parser.feed(POST.replace(CLOSE, b"") + length + b" " * 2**21 + GET)
        next(parser)
        parts.clear()
        assert parser.finish_body()
        assert parser.unreader.buf.getvalue() == GET
    assert parts == [2**21]


def test_body_that_ends_too_early(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=10) as client:
        client.sendall(POST + b"Content-Length: 4\r\n\r\nab")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(65536).startswith(b"HTTP/1.1 405")


def test_client_that_waits_for_permission(address: tuple[str, int]) -> None:
    """Expect: 100-continue is answered once, before the body is there."""
    with socket.create_connection(address, timeout=10) as client:
        client.sendall(POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"ab")
        assert client.recv(65536).startswith(b"HTTP/1.1 405")


def test_endless_trailers_are_not_waited_for(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=10) as client:
        body = b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * 20_000
        client.sendall(POST + body)
        assert client.recv(65536).startswith(b"HTTP/1.1 405")  # and not 408


def test_what_is_kept_is_read_in_parts() -> None:
    """Else a body of many small chunks takes time in the square of their number."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        received = Received(ours)
        received.add(b"x" * 100_000)
        parts = list(iter(received.read, b""))
    assert b"".join(parts) == b"x" * 100_000
    assert max(map(len, parts)) <= 8192
