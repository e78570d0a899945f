"""Security headers, CORS, and which proxies are believed."""

from flask import Flask, Response, request
from flask_cors import CORS
from werkzeug.middleware.proxy_fix import ProxyFix

# What an answer says unless a view says something else.
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
HSTS = {"Strict-Transport-Security": "max-age=31536000"}  # HTTPS only, for one year
# CORS: what a page of another origin may read, if its origin is in CORS_ORIGINS.
EXPOSED_HEADERS = ["ETag", "Location", "Retry-After", "X-Request-ID"]


def configure(app: Flask) -> None:
    """Add the headers, and open and close what the settings say."""
    app.after_request(add_security_headers)
    app.config["TRUSTED_HOSTS"] = app.config["TRUSTED_HOSTS"] or None  # None: any
    if origins := app.config["CORS_ORIGINS"]:
        CORS(app, origins=origins, expose_headers=EXPOSED_HEADERS)
    if count := app.config["TRUSTED_PROXIES"]:
        # X-Forwarded-For, -Proto and -Host: where a request came from, and by HTTPS.
        proxied = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)
        app.wsgi_app = proxied  # type: ignore[method-assign]


def add_security_headers(response: Response) -> Response:
    """Add the headers that are not there yet."""
    headers, given = response.headers, set(response.headers.keys(lower=True))
    for name, value in (SECURITY_HEADERS | (HSTS if request.is_secure else {})).items():
        if name.lower() not in given:
            headers.add(name, value)
    return response
