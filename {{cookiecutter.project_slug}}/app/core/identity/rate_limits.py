"""Rate limits: how often some requests may come; then the answer is 429 (RFC 6585)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address, ip_network

from flask import Flask, Response, current_app, has_request_context, request
from flask_limiter import Limiter, RouteLimit
from limits import parse_many
from limits.errors import StorageError
from werkzeug.exceptions import TooManyRequests

from app.core.errors import Invalid
from app.core.identity.errors import Unauthorized

TOO_MANY = "Too many attempts: wait as long as Retry-After says, in seconds."


def network_of(address: str) -> str:
    """Return what counts as one origin: an IPv4 address, of IPv6 the network (/64).

    Ports, zones, spellings and mapped forms (::ffff:192.0.2.1) make no difference; all
    that cannot be read is one origin.
    """
    for text in (address, address.rpartition(":")[0]):
        try:
            ip = ip_address(text.strip("[]").partition("%")[0])
        except ValueError:
            continue
        ip = getattr(ip, "ipv4_mapped", None) or ip
        return str(ip_network((ip, 64), strict=False) if ip.version == 6 else ip)
    return "unreadable"


def origin() -> str:
    """Return the origin of the present request; commands have one of their own."""
    if not has_request_context():
        return "command line"
    return network_of(request.remote_addr or "")


class ViewLimiter(Limiter):
    """Limits the views that are marked, and costs other requests nothing."""

    def _check_request_limit(
        self, callable_name: str | None = None, in_middleware: bool = True
    ) -> None:
        if not in_middleware:  # where limits of a whole application would be
            super()._check_request_limit(callable_name, in_middleware)


# While the storage of RATELIMIT_STORAGE_URI does not answer, each process counts alone.
limiter = ViewLimiter(
    origin,
    in_memory_fallback_enabled=True,
    storage_options={"wrap_exceptions": True},
)


def configure(app: Flask) -> None:
    """Count, and say when to come back."""
    limiter.init_app(app)
    app.after_request(add_retry_after)


def add_retry_after(response: Response) -> Response:
    """Say when the limit ends; nobody else learns how far it is."""
    limit = limiter.current_limit if response.status_code == 429 else None
    if limit and limit.breached:
        response.headers["Retry-After"] = max(1, limit.reset_at - int(time.time()))
    return response


def by_address(setting: str) -> RouteLimit:
    """Limit the requests from one address to what a setting says."""
    return limiter.limit(lambda: current_app.config[setting], error_message=TOO_MANY)


@contextmanager
def failures_of(account: str) -> Iterator[None]:
    """Brute force: limit wrong passwords of an account, be there one or not.

    Counted from each origin, so that a stranger's guesses do not lock the owner out; and
    with a higher limit from all of them. An attempt counts before it is made, so that
    many at once do not pass; what did not fail is taken back. Raises TooManyRequests.
    """
    count(1, account)
    failed = False
    try:
        yield
    except (Unauthorized, Invalid):
        failed = True
        raise
    finally:
        if not failed:
            count(-1, account)


def count(amount: int, account: str) -> None:
    """Add to the failures of an account. Raises TooManyRequests over a limit."""
    config, strategy = current_app.config, limiter.limiter
    from_origin, from_all = (account, origin()), (account,)
    for setting, key in (
        ("LOGIN_FAILURE_LIMIT", from_origin),
        ("LOGIN_ACCOUNT_LIMIT", from_all),
    ):
        for limit in parse_many(config[setting]):
            name, expiry = limit.key_for("failures", *key), limit.get_expiry()
            try:
                failures = strategy.storage.incr(name, expiry, amount)
            except StorageError:  # the next request finds it dead, and counts alone
                return
            if amount > 0 and failures > limit.amount:
                current_app.logger.warning("Too many wrong passwords of %s.", account)
                end = strategy.get_window_stats(limit, "failures", *key).reset_time
                wait = max(1, round(end - time.time()))
                raise TooManyRequests(TOO_MANY, retry_after=wait)
