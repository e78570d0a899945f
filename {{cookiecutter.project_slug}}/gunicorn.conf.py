"""The production server: `gunicorn app.wsgi:app` reads this file.

On SIGHUP it is read again; changed code needs a new start, for the service is preloaded.
"""

import atexit
import gc
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
from typing import Any
from uuid import uuid4

from gunicorn import glogging, util


def number(name: str, default: int) -> int:
    """Return a variable of the environment (.env is not read), 1 to 65535."""
    text = os.environ.get(name) or str(default)
    if not (text.isdecimal() and 0 < int(text) < 65536):
        sys.exit(f"{name} must be a number from 1 to 65535, not {text!r}.")
    return int(text)


# --- Where it listens, and how large it is ---

ports = {"PORT": number("PORT", 8000)}
if os.environ.get("METRICS_PORT"):
    ports["METRICS_PORT"] = number("METRICS_PORT", 9000)
bind = [f"{os.environ.get('HOST') or '127.0.0.1'}:{port}" for port in ports.values()]
if len(bind) > len(set(bind)):
    sys.exit("METRICS_PORT must be another port than PORT.")
# Not the number of cores: in a container, that is the one of the whole machine.
workers = number("WEB_CONCURRENCY", 2)
threads = number("WEB_THREADS", 4)  # app/settings.py: as many database connections
worker_class = "app.core.server.worker.Worker"  # gthread that slow clients do not stop
sendfile = False  # it would wait for the client
keepalive = 75  # seconds; longer than the 60 of common proxies, which reuse connections
# Loads the service once, before the workers start: a broken one stops at once.
preload_app = True
# A heartbeat on a slow disk would look like a worker that hangs.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
# The control socket would be a file in the home directory.
control_socket_disable = True
# Headers of proxies are trusted by TRUSTED_PROXIES only, see app/core/web/headers.py.
forwarded_allow_ips = ""


# --- Start and stop ---

graceful_timeout = 25  # seconds for the requests in work, after SIGTERM
STOP = {signal.SIGTERM}
# A new worker has the signal handlers of its parent for a moment, and would lose a
# SIGTERM (benoitc/gunicorn#1910): it stays blocked from the fork until the worker listens.
# Only once, not at a SIGHUP: the handler is gunicorn's by then.
if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
    # Process 1 of a container is not ended by a signal that it does not handle.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    os.register_at_fork(
        before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, STOP),
        after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP),
    )
    gc.disable()  # while the service is loaded: nothing of it is garbage


def post_worker_init(worker: Any) -> None:
    """Let the worker heed SIGTERM, now that it has its own handler."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP)


def when_ready(server: Any) -> None:
    """Leave what is loaded out of garbage collection: workers share its memory."""
    gc.freeze()
    gc.set_threshold(10_000)  # objects: a list makes thousands, and no garbage
    gc.enable()


def on_starting(server: Any) -> None:
    """Stop at once where the address cannot be used; gunicorn would try for 5 seconds."""
    if "GUNICORN_FD" in os.environ or "LISTEN_FDS" in os.environ:
        return  # it is inherited
    for address in server.address:
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                place = "{}:{}".format(*address)
                hint = f"Choose another one with {' or '.join(ports)} or HOST."
                sys.exit(f"Cannot listen on {place}: {error.strerror}. {hint}")


# --- Metrics, with METRICS_PORT: each process counts in files of its own ---


def make_metrics_folder() -> None:
    """Make the folder of these files, once for the server: not again at a SIGHUP."""
    process, name = os.getpid(), f"metrics-{os.getpid()}-"
    if name not in os.environ.get("PROMETHEUS_MULTIPROC_DIR", ""):
        folder = tempfile.mkdtemp(prefix=name)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        atexit.register(lambda: os.getpid() == process and shutil.rmtree(folder))


def pre_fork(server: Any, worker: Any) -> None:
    """Give the worker the first place that no other has."""
    taken = {other.place for other in server.WORKERS.values()}
    worker.place = min(set(range(len(taken) + 1)) - taken)


def post_fork(server: Any, worker: Any) -> None:
    """Let the worker go on with the files of its place."""
    if "METRICS_PORT" in ports:
        from app.core import metrics

        metrics.place = worker.place


def child_exit(server: Any, worker: Any) -> None:
    """Keep what a worker has counted, and forget what it was doing when it ended."""
    if "METRICS_PORT" in ports:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.place)


if "METRICS_PORT" in ports:
    make_metrics_folder()


# --- Logs ---


class Logger(glogging.Logger):
    """Writes gunicorn's lines as the service writes its own."""

    def setup(self, cfg: Any) -> None:
        """Leave format and level to app/core/web/request_log.py."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.setLevel("NOTSET")
        self.error_log.propagate = True


logger_class = Logger


# --- Errors ---


def refuse(client: socket.socket, status: int, reason: str, _message: str) -> None:
    """Answer what is not HTTP as the service answers errors, and not with a page."""
    content = {"type": "about:blank", "title": reason, "status": status}
    content |= {"detail": reason, "instance": "", "request_id": uuid4().hex}
    body = json.dumps(content)
    head = f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: "
    head += "application/problem+json\r\nX-Content-Type-Options: nosniff\r\n"
    head += f"Content-Length: {len(body)}\r\n\r\n"
    util.write_nonblock(client, (head + body).encode())


util.write_error = refuse
