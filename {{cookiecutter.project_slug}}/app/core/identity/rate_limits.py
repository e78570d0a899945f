"""Rate limits: how often some requests may come; then the answer is 429 (RFC 6585)."""

import time
from hashlib import sha256

from flask import Flask, Response, current_app
from flask_limiter import Limiter, RouteLimit
from flask_limiter.util import get_remote_address

TOO_MANY = "Too many attempts: wait as long as Retry-After says, in seconds."

# While the storage of RATELIMIT_STORAGE_URI does not answer, each process counts alone.
limiter = Limiter(get_remote_address, in_memory_fallback_enabled=True)


def configure(app: Flask) -> None:
    """Count, and say when to come back."""
    limiter.init_app(app)
    app.after_request(add_retry_after)


def add_retry_after(response: Response) -> Response:
    """Say when the limit ends; nobody else learns how far it is."""
    limit = limiter.current_limit
    if response.status_code == 429 and limit:
        response.headers["Retry-After"] = max(1, limit.reset_at - int(time.time()))
    return response


def by_address(setting: str) -> RouteLimit:
    """Limit the requests from one address to what a setting says."""
    return limiter.limit(lambda: current_app.config[setting], error_message=TOO_MANY)


def failures_of(account: str) -> RouteLimit:
    """Brute force: limit wrong passwords of an account, be there one or not."""
    key = sha256(account.encode()).hexdigest()  # the key is logged
    return limiter.shared_limit(
        lambda: current_app.config["LOGIN_FAILURE_LIMIT"],
        scope="failures",
        error_message=TOO_MANY,
        key_func=lambda: key,
        deduct_when=lambda response: response.status_code in {401, 422},
    )
