"""Sends requests for some seconds and prints how many were answered in a second.

`python client.py PORT PATH SECONDS CONNECTIONS`. It runs as a process of its own, so
that it and the server do not share a Python. A connection is kept as long as the server
keeps it.
"""

import asyncio
import re
import sys
import time

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CLOSED = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


async def main(port: int, path: str, seconds: float, connections: int) -> float:
    """Return the requests per second of all connections together."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    started = time.perf_counter()
    tasks = [send(port, request, started + seconds) for _ in range(connections)]
    answered = sum(await asyncio.gather(*tasks))
    return answered / (time.perf_counter() - started)


async def send(port: int, request: bytes, end: float) -> int:
    """Send one request after another until `end`; return how many were answered."""
    answered = 0
    while time.perf_counter() < end:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        kept = True
        while kept and time.perf_counter() < end:
            writer.write(request)
            kept = await read_answer(reader)
            answered += 1
        writer.close()
    return answered


async def read_answer(reader: asyncio.StreamReader) -> bool:
    """Read a whole answer; tell whether the server keeps the connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = LENGTH.search(head)
    if not head.startswith(b"HTTP/1.1 200 ") or length is None:
        raise SystemExit(f"not the expected answer: {head!r}")
    await reader.readexactly(int(length[1]))
    return CLOSED.search(head) is None


if __name__ == "__main__":
    given_port, given_path, given_seconds, given_connections = sys.argv[1:]
    rate = main(
        int(given_port), given_path, float(given_seconds), int(given_connections)
    )
    print(asyncio.run(rate))
