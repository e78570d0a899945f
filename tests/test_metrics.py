"""Metrics and traces of a server with several processes, some of which are killed."""

import re
import shlex
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import requests

from tests import support, variants
from tests.test_readme import blocks

CLIENTS = 4
LIVE = 'http_requests_total{method="GET",route="/health/live",status="200"}'
# A request that takes its time, with a connection to the database in its hands.
SLOW = '''"""Slow answers, for a test."""

import time

from flask import Blueprint
from sqlalchemy import text

from app.core.data.session import db

blueprint = Blueprint("slow", __name__)


@blueprint.get("/slow")
def slow() -> str:
    db.session.execute(text("SELECT 1"))
    time.sleep(60)
    return "done"
'''


def scrape(port: int) -> dict[str, float]:
    """Return each series and its value."""
    text = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (s.rpartition(" ") for s in lines)}


def until(reached: Callable[[], object], seconds: float = 30) -> None:
    """Wait until something holds; fail when it does not."""
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.1)


def send(url: str, number: int) -> int:
    """Send requests, each on a connection of its own; return how many were answered."""

    def one(_: int) -> bool:
        try:
            answer = requests.get(f"{url}/health/live", timeout=30)
        except requests.ConnectionError:
            return False
        return answer.status_code == 200

    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(one, range(number)))


@variants.each([variants.COMBINATIONS[0]])
def test_metrics_add_up(project: Path, tmp_path: Path) -> None:
    """After kill -9, SIGHUP and recycling, none of which leaves files behind."""
    (project / "app/slow").mkdir()
    (project / "app/slow/__init__.py").write_text('"""Slow."""\n')
    (project / "app/slow/views.py").write_text(SLOW)
    (tmp_path / "tmp").mkdir()
    port, pid = support.free_port(), tmp_path / "pid"
    changes = {
        "METRICS_PORT": str(port),
        "WEB_CONCURRENCY": "4",
        "GUNICORN_CMD_ARGS": f"--max-requests 25 --pid {pid}",
        "TMPDIR": str(tmp_path / "tmp"),
    }
    with support.serve(project, **changes) as url:
        server = psutil.Process(int(pid.read_text()))
        first = {worker.pid for worker in server.children()}
        answered = send(url, 120)
        assert scrape(port)[LIVE] == answered == 120
        until(lambda: first - {worker.pid for worker in server.children()})

        with ThreadPoolExecutor() as pool:
            pool.submit(requests.get, f"{url}/slow", timeout=90)
            used = 'database_pool_connections{state="used"}'
            until(lambda: scrape(port).get(used) == 1)
            assert scrape(port)["http_requests_in_flight"] == 1
            for worker in server.children():
                worker.send_signal(signal.SIGKILL)
            until(lambda: scrape(port)["http_requests_in_flight"] == 0)
        assert scrape(port)[used] == 0
        answered += send(url, 60)
        assert scrape(port)[LIVE] == answered == 180

        before = {worker.pid for worker in server.children()}
        server.send_signal(signal.SIGHUP)
        answered += send(url, 60)
        until(lambda: not before & {worker.pid for worker in server.children()})
        answered += send(url, 60)
        assert scrape(port)[LIVE] == answered == 300

        files = [p for p in (tmp_path / "tmp").glob("metrics-*/*")]
        assert len(files) <= 3 * (2 * 4 + 1)  # counters, histograms, gauges
        assert requests.get(f"{url}/metrics", timeout=30).status_code == 404
    assert list((tmp_path / "tmp").glob("metrics-*")) == []


@variants.each([variants.COMBINATIONS[0]])
def test_metrics_are_documented_and_valid(project: Path) -> None:
    """The README names each metric; Prometheus' own tool reads them, and its example."""
    promtool = support.need("promtool", "it judges metrics and their configuration")
    port = support.free_port()
    text = (project / "README.md").read_text()
    (example,) = blocks(project / "README.md", "yaml")
    (project / "prometheus.yml").write_text(example)
    support.run(promtool, "check", "config", "prometheus.yml", cwd=project)
    with support.serve(
        project, METRICS_PORT=str(port), LOGIN_LIMIT="1 per hour"
    ) as url:
        for _ in range(2):
            requests.post(f"{url}/api/v1/auth/login", json={}, timeout=30)
        answer = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30)
        support.run(promtool, "check", "metrics", cwd=project, stdin=answer.text)
        named = re.findall(r"^# TYPE (\w+) ", answer.text, re.MULTILINE)
        assert sorted(named) == sorted(
            re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
        )


@pytest.fixture
def instrumented(project: Path) -> tuple[Path, list[str], dict[str, str]]:
    """Return a project with OpenTelemetry, as its README installs and starts it."""
    (project / ".venv").unlink()
    support.run("uv", "venv", "-q", ".venv", cwd=project)
    (block,) = [b for b in blocks(project / "README.md", "sh") if "otel" in b]
    *install, start = block.replace("\\\n", "").splitlines()
    for command in install:
        support.run("sh", "-ec", command, cwd=project)
    words = shlex.split(start)
    variables = dict(word.split("=", 1) for word in words if word.startswith("OTEL_"))
    return project, words[len(variables) :], variables


@variants.each([variants.COMBINATIONS[0]])
def test_traces_add_up(
    instrumented: tuple[Path, list[str], dict[str, str]],
) -> None:
    """With preload and four processes; the packages are in no default requirements."""
    project, command, variables = instrumented
    assert "opentelemetry" not in (project / "requirements-dev.txt").read_text()
    port = support.free_port()
    collector = f"http://127.0.0.1:{port}"
    variables |= {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector,
        "OTEL_METRIC_EXPORT_INTERVAL": "300",  # milliseconds, as the next one
        "OTEL_BSP_SCHEDULE_DELAY": "300",
        "WEB_CONCURRENCY": "4",
    }
    script = Path(__file__).with_name("collector.py")
    counter = subprocess.Popen([support.python(project), script, str(port)])
    try:
        with support.serve(project, *command, **variables) as url:
            assert send(url, 100) == 100

            told = {"spans": 0, "metrics": 0}

            def complete() -> bool:
                found = requests.get(collector, timeout=30).json()
                told.update({k: found[k].get("/health/live", 0) for k in told})
                return min(told.values()) >= 100 and found["statements"] > 0

            until(complete)
            assert told == {"spans": 100, "metrics": 100}
            assert requests.get(collector, timeout=30).json()["processes"] > 1
    finally:
        counter.kill()
        counter.wait()
