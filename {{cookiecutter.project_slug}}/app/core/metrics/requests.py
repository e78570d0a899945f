"""What is measured of requests. Labels have few values, whatever a client sends."""

import time
from http import HTTPMethod
from typing import Any

from flask import Flask, Response, g, request, signals
from prometheus_client import Counter, Gauge, Histogram

BY_ROUTE = ["method", "route"]
REQUESTS = Counter("http_requests", "Requests answered.", [*BY_ROUTE, "status"])
DURATIONS = Histogram("http_request_duration_seconds", "Time to the answer.", BY_ROUTE)
IN_FLIGHT = Gauge(
    "http_requests_in_flight", "Requests in work.", multiprocess_mode="livesum"
)
METHODS = {method.value for method in HTTPMethod}


def configure(app: Flask) -> None:
    """Measure every request of the service."""
    signals.request_started.connect(begin, app)
    signals.request_finished.connect(finish, app)
    signals.request_tearing_down.connect(leave, app)


def begin(app: Flask, **_: Any) -> None:
    """Note when a request began."""
    g.measured_since = time.perf_counter()
    IN_FLIGHT.inc()


def finish(app: Flask, response: Response, **_: Any) -> None:
    """Count the answer."""
    method = request.method if request.method in METHODS else "other"
    route = request.url_rule.rule if request.url_rule else "none"
    REQUESTS.labels(method, route, response.status_code).inc()
    DURATIONS.labels(method, route).observe(time.perf_counter() - g.measured_since)


def leave(app: Flask, **_: Any) -> None:
    """Forget a request that has ended, also one that failed."""
    if g.pop("measured_since", None):
        IN_FLIGHT.dec()
