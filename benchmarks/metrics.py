"""Measures what metrics and traces cost a request, beside the service without them.

Three servers of one process each serve the same project: without metrics, with
METRICS_PORT, and under OpenTelemetry, whose collector here takes everything and keeps
nothing. They are asked in turn, one request after the other. CPU seconds of the server's
processes are what counts: time on the clock tells more of the machine.
"""

import argparse
import tempfile
import threading
from contextlib import ExitStack
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from common import (
    BIN,
    HOST,
    Environment,
    cpu_seconds,
    environment,
    exit_when_terminated,
    free_port,
    generate,
    run,
    server,
)

PATHS = ("/health/live", "/api/v1/users/?limit=50")
OFF, METRICS, TRACES = "off", "METRICS_PORT", "OpenTelemetry"


class Sink(BaseHTTPRequestHandler):
    """Takes what OpenTelemetry sends."""

    def do_POST(self) -> None:
        """Answer 200."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve the project in three ways, measure them in turn, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="default 9")
    parser.add_argument(
        "--requests", type=int, default=400, help="a round, default 400"
    )
    options = parser.parse_args()
    exit_when_terminated()
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        env = environment()
        project, _ = generate(BIN / "cookiecutter", Path(directory), env, "auth=none")
        install = ("uv", "pip", "install", "--group", "otel", "-c", "requirements.txt")
        run(*install, env=env, cwd=project)
        run(project / "manage.py", "seed", "--users", "100", env=env, cwd=project)
        sink = ThreadingHTTPServer((HOST, 0), Sink)
        threading.Thread(target=sink.serve_forever, daemon=True).start()
        ports = {}
        for kind, changes in variants(sink.server_port).items():
            ports[kind] = start(stack, project, env | changes, traces=kind == TRACES)
        for path in PATHS:
            rounds = [
                {kind: measure(port, path, options.requests) for kind, port in each}
                for each in [ports.items()] * (options.rounds + 1)
            ]
            report(path, rounds[1:])  # the first one warms up
        sink.shutdown()


def variants(collector: int) -> dict[str, Environment]:
    """Return what the environment of each server has beside the common one."""
    traces = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{HOST}:{collector}",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_SEMCONV_STABILITY_OPT_IN": "http",
    }
    return {OFF: {}, METRICS: {"METRICS_PORT": str(free_port())}, TRACES: traces}


def start(stack: ExitStack, project: Path, env: Environment, *, traces: bool) -> int:
    """Start a server of one process, which ends with the stack; return its port."""
    port, folder = free_port(), project / ".venv/bin"
    env |= {"PORT": str(port), "WEB_CONCURRENCY": "1", "LOG_LEVEL": "WARNING"}
    command: list[str | Path] = [folder / "gunicorn", "app.wsgi:app"]
    if traces:
        command.insert(0, folder / "opentelemetry-instrument")
    stack.enter_context(server(command, project, env, port, "/health/ready"))
    return port


def measure(port: int, path: str, requests: int) -> float:
    """Return the CPU time of the server for one request, in microseconds."""
    connection = HTTPConnection(HOST, port, timeout=30)
    before = cpu_seconds(port)
    for _ in range(requests):
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path} answers {answer.status}")
    connection.close()
    return (cpu_seconds(port) - before) / requests * 1e6


def report(path: str, rounds: list[dict[str, float]]) -> None:
    """Print the best of all rounds, which what else the machine does touches least."""
    print(path)
    best = {kind: min(each[kind] for each in rounds) for kind in rounds[0]}
    for kind, microseconds in best.items():
        ratio = microseconds / best[OFF]
        print(f"  {kind:<16}{microseconds:8.0f} us CPU{ratio:8.2f} : 1")


if __name__ == "__main__":
    main()
