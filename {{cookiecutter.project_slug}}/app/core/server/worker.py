"""A gunicorn worker that slow clients do not stop.

gunicorn's `gthread` lends a thread to whoever has sent a byte, until the request is there
and the answer is taken. Here the main loop waits for clients, and threads only work.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from http import HTTPStatus
from math import inf
from resource import RLIMIT_NOFILE, getrlimit
from selectors import EVENT_READ, EVENT_WRITE
from socket import SHUT_WR
from threading import BoundedSemaphore
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import TConn, ThreadWorker

from app.core.server.connection import Parser, Socket

RECEIVING = 30  # seconds in which a request must come in
SENDING = 60  # seconds in which an answer must be taken
CLOSING = 2  # seconds for what a client sends before it knows that the end has come
BUDGET = 32 * 1024 * 1024  # bytes that a process keeps for all its clients

Step = Callable[["Connection"], None]


class Connection(TConn):
    """A connection of gunicorn with a socket and a parser that never block."""

    def __init__(self, cfg: Any, sock: Socket, client: Any, server: Any) -> None:
        super().__init__(cfg, sock, client, server)
        self.parser = Parser(cfg, sock, client)
        self.initialized = True
        self.held = 0  # bytes that are kept for it
        self.keep_alive = False


class Worker(ThreadWorker):
    """Lends threads to whole requests; who has waited longest makes room for others."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        files = getrlimit(RLIMIT_NOFILE)[0]
        self.worker_connections: int = min(self.cfg.worker_connections, files // 2)
        self.waiting: dict[Connection, float] = {}  # until when; the oldest comes first
        self.held = 0
        # Whatever clients take or send, one thread waits for none of them.
        self.may_wait = BoundedSemaphore(max(1, self.cfg.threads - 1))
        self.next_check = 0.0
        self.last_moment = inf

    def accept(self, listener: Any) -> None:
        """Take a connection, and wait for its request."""
        try:
            accepted, client = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # another process was faster, or the client is gone
        sock = Socket(accepted, self.may_wait)
        conn = Connection(self.cfg, sock, client, listener.getsockname())
        self.nr_conns += 1
        self.wait(conn, EVENT_READ, self.receive, RECEIVING)
        if self.nr_conns >= self.worker_connections:
            self.drop(next(iter(self.waiting)))

    def wait(self, conn: Connection, event: int, step: Step, seconds: float) -> None:
        """Take the next step when the client has sent, or can be sent, something."""
        self.poller.register(conn.sock, event, partial(self.wake, conn, step))
        self.waiting[conn] = time.monotonic() + seconds

    def wake(self, conn: Connection, step: Step, _sock: Any) -> None:
        """Take the step, unless the connection was dropped in this turn of the loop."""
        if conn in self.waiting:
            try:
                step(conn)
            except BlockingIOError:
                pass
            except OSError:
                self.drop(conn)

    def stop_waiting(self, conn: Connection) -> None:
        """Let something else happen with the connection."""
        del self.waiting[conn]
        self.poller.unregister(conn.sock)

    def drop(self, conn: Connection) -> None:
        """Close a connection that waits."""
        if conn in self.waiting:
            self.stop_waiting(conn)
        self.hold(conn, 0)
        self.nr_conns -= 1
        conn.close()

    def hold(self, conn: Connection, size: int) -> None:
        """Note how many bytes are kept; over the budget, the oldest are dropped."""
        self.held, conn.held = self.held + size - conn.held, size
        while self.held > BUDGET:
            oldest = next((other for other in self.waiting if other.held), None)
            if oldest is None:
                break
            self.drop(oldest)

    def receive(self, conn: Connection) -> None:
        """Take what came in."""
        data = conn.sock.recv(64 * 1024)
        if not data:
            if conn.parser.found is None:
                return self.drop(conn)
            self.stop_waiting(conn)  # the body ends too early: the parser says so
            return self.go_on(conn, HTTPStatus.OK)
        if not conn.held:  # the time of this request begins
            del self.waiting[conn]
            self.waiting[conn] = time.monotonic() + RECEIVING
        status = conn.parser.feed(data)
        self.hold(conn, conn.held + len(data))
        if conn in self.waiting and status != HTTPStatus.CONTINUE:
            self.stop_waiting(conn)
            self.go_on(conn, status)

    def go_on(self, conn: Connection, status: HTTPStatus) -> None:
        """Lend a thread to a whole request, or refuse it."""
        if status == HTTPStatus.OK:
            self.enqueue_req(conn)
        else:
            util.write_error(conn.sock, status, status.phrase, "")
            self.end(conn)

    def finish_request(self, conn: Connection, future: Future[bool]) -> None:
        """Take a connection back from its thread."""
        conn.keep_alive = not future.exception() and future.result()
        try:
            self.after_answer(conn)
        except (OSError, ValueError):  # closed by the thread, or by the client
            self.drop(conn)

    def after_answer(self, conn: Connection) -> None:
        """Send the rest of an answer, then wait for the next request or the end."""
        held = conn.parser.unreader.add(b"")
        self.hold(conn, held + len(conn.sock.unsent))
        if conn.sock.unsent:
            return self.wait(conn, EVENT_WRITE, self.send, SENDING)
        if not conn.keep_alive:
            return self.end(conn)
        status = conn.parser.feed(b"")  # the next one may be there already
        if status != HTTPStatus.CONTINUE:
            return self.go_on(conn, status)
        seconds = RECEIVING if held else self.cfg.keepalive
        self.wait(conn, EVENT_READ, self.receive, seconds)

    def send(self, conn: Connection) -> None:
        """Send what the client takes."""
        conn.sock.flush()
        if not conn.sock.unsent:
            self.stop_waiting(conn)
            self.after_answer(conn)

    def end(self, conn: Connection) -> None:
        """Close our side; what still comes in must not undo the answer (RFC 9112, 9.6)."""
        self.hold(conn, 0)
        conn.sock.shutdown(SHUT_WR)
        self.wait(conn, EVENT_READ, self.discard, CLOSING)

    def discard(self, conn: Connection) -> None:
        """Read on until the client closes its side."""
        if not conn.sock.recv(64 * 1024):
            self.drop(conn)

    def murder_pending(self) -> None:
        """End what waits too long; called in each turn of the loop."""
        now = time.monotonic()
        if now < self.next_check:
            return
        self.next_check = now + 0.5
        if not self.alive:  # it stops: only those who take an answer may go on
            self.last_moment = min(self.last_moment, now + CLOSING)
        for conn, until in list(self.waiting.items()):
            if now > (until if conn.sock.unsent else min(until, self.last_moment)):
                begun = conn.held and not conn.sock.unsent
                self.wake(conn, self.time_out if begun else self.drop, None)

    def time_out(self, conn: Connection) -> None:
        """Refuse a request that does not come in."""
        self.stop_waiting(conn)
        self.go_on(conn, HTTPStatus.REQUEST_TIMEOUT)
