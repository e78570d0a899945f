"""A connection whose requests come in, and whose answers go out, without a thread."""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from threading import BoundedSemaphore
from typing import Any

from gunicorn.http.body import LengthReader
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import SocketUnreader

HEAD = 64 * 1024  # bytes before the body
BUFFER = 2 * 1024 * 1024  # bytes of a body or a stream that are kept for a client
SECONDS = 60  # in which a client takes, or sends, what is larger
PATIENCE = 0.1  # seconds in which the last free thread may get a turn to wait, too
CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n")  # RFC 9112, 7.1
LAST_CHUNK = b"0\r\n\r\n"


class Socket(socket.socket):
    """Keeps what a client does not take at once: the main loop sends it (`flush`)."""

    def __init__(self, accepted: socket.socket, may_wait: BoundedSemaphore) -> None:
        family, kind = accepted.family, accepted.type
        super().__init__(family, kind, accepted.proto, fileno=accepted.detach())
        self.may_wait = may_wait
        self.unsent = bytearray()
        self.setblocking(False)

    def setblocking(self, flag: bool) -> None:
        """Never block, although gunicorn's threads ask for it."""
        super().setblocking(False)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let a thread wait for the client. Raises TimeoutError, also where too many do."""
        if not self.may_wait.acquire(timeout=PATIENCE):
            raise TimeoutError("too many threads wait for clients")
        try:
            self.settimeout(SECONDS)
            yield
        finally:
            self.setblocking(False)
            self.may_wait.release()

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send or keep data; a stream waits for its client. Raises TimeoutError."""
        if len(self.unsent) > BUFFER and data != LAST_CHUNK:
            unsent, self.unsent = self.unsent, bytearray()
            with self.waiting():
                super().sendall(unsent)
        self.unsent += data  # whole: a view that did not stream has made all of it
        self.flush()

    def flush(self) -> None:
        """Send what the client takes now. Raises OSError where it is gone."""
        with suppress(BlockingIOError):
            while self.unsent:
                del self.unsent[: self.send(self.unsent)]


class Received(SocketUnreader):
    """What came in; a thread waits for more only where a body is too large to keep."""

    whole = True

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Return more bytes, none where the request is whole. Raises TimeoutError."""
        if self.whole:
            return b""
        with self.sock.waiting():
            return bytes(super().chunk(size_hint))

    def read(self, size: int | None = None, read_ahead: int | None = None) -> bytes:
        """Return bytes, few at a time: for each chunk of a body, gunicorn copies them."""
        if size is None:
            size = min(self.add(b""), 8192) or None
        return bytes(super().read(size, read_ahead))

    def add(self, data: bytes) -> int:
        """Keep data, and return how many bytes are kept."""
        self.buf.seek(0, os.SEEK_END)
        self.buf.write(data)
        return int(self.buf.tell())


class Parser(RequestParser):
    """gunicorn's parser, which is asked when a whole head is there, and judges alone."""

    def __init__(self, cfg: Any, sock: Socket, client: Any) -> None:
        super().__init__(cfg, sock, client)
        self.unreader = Received(sock)
        self.found: Any = None  # a request or an exception, which a thread takes
        self.position = 0  # where in the body the next chunk begins

    def feed(self, data: bytes) -> HTTPStatus:
        """Take what came in: OK when a request is there, CONTINUE when more must come.

        Any other status says why the request is refused.
        """
        size = self.unreader.add(data)
        if self.found is None:
            if not self._head_is_there():
                too_large = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
                return too_large if size > HEAD else HTTPStatus.CONTINUE
            try:
                self.found, self.position = super().__next__(), 0
            except Exception as error:  # noqa: BLE001 a thread raises it
                self.found = error
        if isinstance(self.found, Exception) or self._body_is_there():
            return HTTPStatus.OK
        if self.found._expected_100_continue:  # else gunicorn says it, too late
            self.found._expected_100_continue = False
            self.unreader.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        too_large = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return too_large if size > HEAD + BUFFER else HTTPStatus.CONTINUE

    def __next__(self) -> Any:
        """Return the request that was found, or raise what is wrong with it."""
        found, self.found = self.found, None
        if isinstance(found, Exception):
            raise found
        return found

    def finish_body(
        self, deadline: float | None = None, max_bytes: int | None = None
    ) -> bool:
        """Tell whether another request can follow; for a large rest, no thread waits."""
        reader = self.mesg.body.reader if self.mesg else None
        if not self.unreader.whole:
            return False
        if isinstance(reader, LengthReader):  # gunicorn copies all of it for each KB
            self.unreader.read(reader.length)
            reader.length = 0
        return bool(super().finish_body(max_bytes=HEAD))

    def _head_is_there(self) -> bool:
        held = self.unreader.buf.getvalue()
        # The parser also has something to say of a bare LF.
        return b"\r\n\r\n" in held or held.count(b"\n") != held.count(b"\r\n")

    def _body_is_there(self) -> bool:
        reader, size = self.found.body.reader, self.unreader.add(b"")
        if not isinstance(reader, LengthReader):
            return self._chunks_are_there()
        self.unreader.whole = reader.length <= BUFFER
        return size >= reader.length or not self.unreader.whole

    def _chunks_are_there(self) -> bool:
        """Tell whether the last chunk is there, or something that is none."""
        with self.unreader.buf.getbuffer() as held:
            while chunk := CHUNK.match(held, self.position):
                size = int(chunk[1], 16)
                if not size:
                    trailers = bytes(held[chunk.end() - 2 :][:HEAD])
                    return b"\r\n\r\n" in trailers or len(trailers) == HEAD
                self.position = chunk.end() + size + 2
            line = bytes(held[self.position :][:HEAD])
        return b"\n" in line or len(line) == HEAD
