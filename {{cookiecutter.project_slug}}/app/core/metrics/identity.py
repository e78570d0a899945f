"""What is measured of identity, as its answers tell it: neither room knows the other."""

from typing import Any

from flask import Flask, Response, request, request_finished
from prometheus_client import Counter

from app.core.web.blueprint import API_PREFIX

SIGN_INS = Counter("sign_ins", "Attempts to sign in, by how they ended.", ["outcome"])
OUTCOMES = {200: "success", 401: "wrong", 403: "unverified", 429: "limited"}
{% if cookiecutter.dashboard == "dash" %}
OUTCOMES[303] = "success"  # of the form
{% endif %}
LIMITED = Counter("rate_limited_requests", "Requests that were refused.", ["route"])


def configure(app: Flask) -> None:
    """Count sign-ins and refusals of the service."""
    for outcome in OUTCOMES.values():
        SIGN_INS.labels(outcome)  # 0 and not absent, so that the first one is a rise
    request_finished.connect(count, app)


def count(app: Flask, response: Response, **_: Any) -> None:
    """Count an answer that is about signing in, or that asks to wait."""
    route, status = str(request.url_rule), response.status_code
    if status == 429:
        LIMITED.labels(route).inc()
{% if cookiecutter.dashboard == "dash" %}
    signs_in = route == f"{API_PREFIX}/auth/login" or route.endswith("/sign-in")
{% else %}
    signs_in = route == f"{API_PREFIX}/auth/login"
{% endif %}
    if request.method == "POST" and signs_in and status in OUTCOMES:
        SIGN_INS.labels(OUTCOMES[status]).inc()
