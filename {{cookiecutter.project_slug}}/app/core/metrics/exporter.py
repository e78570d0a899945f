{% set subjects = "database, identity, requests" if cookiecutter.auth == "jwt" else "database, requests" %}
"""The metrics port: it answers with the metrics, and no other port does."""

from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask
from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.multiprocess import MultiProcessCollector

from app.core.metrics import {{ subjects }}


def configure(app: Flask, port: int) -> None:
    """Measure the service, and show on the port what all processes have measured."""
    for subject in ({{ subjects }}):
        subject.configure(app)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    service, exporter = app.wsgi_app, make_wsgi_app(registry)

    def choose(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        # Outside of ProxyFix, so that no header can name the port; on a Unix socket,
        # where nobody has an address, it would be that of the Host header.
        metrics = environ["REMOTE_ADDR"] and int(environ["SERVER_PORT"]) == port
        return (exporter if metrics else service)(environ, start_response)

    app.wsgi_app = choose  # type: ignore[method-assign]
