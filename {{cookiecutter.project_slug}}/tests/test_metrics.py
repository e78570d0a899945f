"""Metrics: what they say, on which port, and that nothing is loaded without them."""

import os
import subprocess
import sys
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families


def scrape(app: Flask) -> dict[tuple[str, ...], float]:
    """Return what the metrics port says: the value of each name and values of labels."""
    answer = app.test_client().get("/metrics", base_url="http://localhost:9000")
    metrics = text_string_to_metric_families(answer.text)
    samples = [sample for metric in metrics for sample in metric.samples]
    return {(s.name, *s.labels.values()): s.value for s in samples}


def test_requests_are_counted_by_route(measured: Flask) -> None:
    client = measured.test_client()
    statuses = {client.get(f"/api/v1/users/{uuid4()}").status_code for _ in range(3)}
    (status,) = map(str, statuses)
    labels = ("GET", "/api/v1/users/<uuid:user_id>")
    found = scrape(measured)
    assert found["http_requests_total", *labels, status] == 3
    assert found["http_request_duration_seconds_count", *labels] == 3
    assert found["http_requests_in_flight",] == 0


def test_clients_cannot_make_series(measured: Flask) -> None:
    client = measured.test_client()
    for number in range(10):
        client.open(f"/{uuid4()}", method=f"X{number}")
        client.open("/health/live", method=f"X{number}")
    found = scrape(measured).items()  # a series of another test is 0
    counted = {s[1:]: n for s, n in found if s[0] == "http_requests_total" and n}
    assert counted == {("other", "none", "404"): 10, ("other", "none", "405"): 10}


def test_connections_of_the_pool(measured: Flask) -> None:
    measured.test_client().get("/health/ready")
    found = scrape(measured)
    assert found["database_pool_connections", "used"] == 0
    assert found["database_pool_connections", "idle"] == 1


def test_metrics_have_a_port_of_their_own(measured: Flask) -> None:
    client = measured.test_client()
    for path in ("/metrics", "/health/live", "/api/v1/users/"):
        answer = client.get(path, base_url="http://localhost:9000")
        assert answer.text.startswith("# HELP")
    forged = {"X-Forwarded-Port": "9000", "X-Forwarded-Host": "localhost:9000"}
    on_a_socket = {"SERVER_PORT": "9000", "REMOTE_ADDR": ""}  # as Host says there
    for answer in (
        client.get("/metrics", headers=forged),
        client.get("/metrics", environ_overrides=on_a_socket),
    ):
        assert answer.status_code == 404
        assert answer.content_type == "application/problem+json"


def test_off_by_default(client: FlaskClient) -> None:
    assert client.get("/metrics").status_code == 404
    code = "import sys, app.wsgi; print('prometheus_client' in sys.modules)"
    env = {name: v for name, v in os.environ.items() if name != "METRICS_PORT"}
    command = [sys.executable, "-c", code]
    assert subprocess.check_output(command, env=env, text=True) == "False\n"
