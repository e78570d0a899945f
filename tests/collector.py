"""A small collector of OpenTelemetry data: counts what is sent to it (OTLP over HTTP).

`python collector.py PORT`, with the Python of a project that has the group `otel`. GET
answers with the requests of each route, by spans and by metrics, with the statements that
were sent to a database, and with the number of processes that told all this.
"""

import json
import sys
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

spans: Counter[str] = Counter()  # requests of a route
statements: Counter[str] = Counter()  # of a process
totals: dict[tuple[str, str, str], int] = {}  # the newest of each series


def attribute(sender: Any, name: str) -> str:
    """Return an attribute of a span, a point or a process, or an empty text."""
    return {a.key: a.value.string_value for a in sender.attributes}.get(name, "")


def read_spans(body: bytes) -> None:
    """Count requests, and the statements within them."""
    for sent in ExportTraceServiceRequest.FromString(body).resource_spans:
        process = attribute(sent.resource, "service.instance.id")
        for span in (span for scope in sent.scope_spans for span in scope.spans):
            if span.kind == Span.SPAN_KIND_SERVER:
                spans[attribute(span, "http.route")] += 1
            elif span.kind == Span.SPAN_KIND_CLIENT:
                statements[process] += 1


def read_metrics(body: bytes) -> None:
    """Keep the totals of the histogram of requests."""
    for sent in ExportMetricsServiceRequest.FromString(body).resource_metrics:
        process = attribute(sent.resource, "service.instance.id")
        for metric in (m for scope in sent.scope_metrics for m in scope.metrics):
            if metric.name == "http.server.request.duration":
                for point in metric.histogram.data_points:
                    route = attribute(point, "http.route")
                    totals[process, route, str(point.attributes)] = point.count


def summary() -> dict[str, Any]:
    """Return what came."""
    metrics: Counter[str] = Counter()
    for (_, route, _), total in totals.items():
        metrics[route] += total
    processes = len({process for process, *_ in totals})
    found = {"spans": spans, "metrics": metrics, "processes": processes}
    return {**found, "statements": statements.total()}


class Handler(BaseHTTPRequestHandler):
    """Takes what is sent, and tells what came."""

    def do_POST(self) -> None:
        """Take data."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        {"/v1/traces": read_spans, "/v1/metrics": read_metrics}[self.path](body)
        self.answer(b"")

    def do_GET(self) -> None:
        """Tell what came."""
        self.answer(json.dumps(summary()).encode())

    def answer(self, body: bytes) -> None:
        """Answer 200."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
