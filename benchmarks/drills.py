"""Prints what is lost when a production server is stopped, reloaded or killed under load.

And how soon others are answered while slow clients hold connections. The server has two
processes of four threads; `--worker gthread` shows gunicorn's own worker beside ours.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from common import BIN, environment, exit_when_terminated, generate

sys.path.append(str(Path(__file__).resolve().parent.parent))

from tests import load

SIZES = {"WEB_CONCURRENCY": "2", "WEB_THREADS": "4", "LOG_LEVEL": "ERROR"}


def main() -> None:
    """Make a project, and run the drills on it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--connections",
        type=int,
        nargs="*",
        default=[10, 100, 500],
        help="that are held",
    )
    parser.add_argument("--worker", help="a worker class of gunicorn, by default ours")
    options = parser.parse_args()
    exit_when_terminated()
    arguments = ("--worker-class", options.worker) if options.worker else ()
    with tempfile.TemporaryDirectory() as directory:
        start = (BIN / "cookiecutter", Path(directory), environment())
        project, _ = generate(*start)
        load.add_nap(project)
        for drill in (recycle, reload, kill, stop):
            run(project, drill, *arguments)
        load.shrink_buffers(project)
        for number in options.connections:
            slow_clients(project, number, *arguments)


def run(project: Path, drill: Callable[..., None], *arguments: str) -> None:
    """Run one drill under the load of eight clients, and print the counts."""
    limit = ("--max-requests", "60") if drill is recycle else ()
    with load.server(project, *arguments, *limit, **SIZES) as (process, port):
        with load.Load(port) as clients:
            time.sleep(2)
            started = time.monotonic()
            drill(process, clients)
            seconds = time.monotonic() - started
        lost = clients.counts["lost"] + clients.counts["refused"]
        answered, name = clients.counts[200], drill.__name__
        print(
            f"{name:<28}{answered:6} answered{lost:4} lost{seconds:6.1f} s", flush=True
        )


def recycle(process: load.psutil.Popen, clients: load.Load) -> None:
    """Let each process end after 60 requests."""
    time.sleep(6)


def reload(process: load.psutil.Popen, clients: load.Load) -> None:
    """Replace the processes twice."""
    for _ in range(2):
        process.send_signal(signal.SIGHUP)
        time.sleep(3)


def kill(process: load.psutil.Popen, clients: load.Load) -> None:
    """End one of the two processes hard."""
    load.workers(process)[0].kill()
    time.sleep(4)


def stop(process: load.psutil.Popen, clients: load.Load) -> None:
    """Take new connections away for two seconds, then stop."""
    clients.no_more.set()
    time.sleep(2)
    process.terminate()
    process.wait(30)


def slow_clients(project: Path, number: int, *arguments: str) -> None:
    """Print, for each kind of slow client, how often others are answered in 3 s."""
    for kind in load.KINDS:
        with load.server(project, *arguments, **SIZES) as (_, port):
            with load.held(port, kind, number):
                load.probe(port, 1, timeout=20)  # what they asked for is being answered
                seconds = load.probe(port, 10, timeout=3)
            answered = [second for second in seconds if second < 3]
            middle = f"{median(answered) * 1000:5.0f} ms" if answered else ""
            print(
                f"{number:4} x {kind:<28}{len(answered):3} of 10 {middle}", flush=True
            )


if __name__ == "__main__":
    main()
