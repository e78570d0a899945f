"""What is measured of identity, as its answers tell it: neither room knows the other."""

from typing import Any

from flask import Flask, Response, request, request_finished
from prometheus_client import Counter

from app.core.web.blueprint import API_PREFIX

SIGN_INS = Counter("sign_ins", "Attempts to sign in, by how they ended.", ["outcome"])
OUTCOMES = {200: "success", 401: "wrong", 403: "unverified", 429: "limited"}
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
    signing_in = (request.method, route) == ("POST", f"{API_PREFIX}/auth/login")
    if signing_in and status in OUTCOMES:
        SIGN_INS.labels(OUTCOMES[status]).inc()
