"""What browsers and proxies are told and trusted with, for every answer."""

from flask import Flask, Response, request
from flask_cors import CORS
from werkzeug.middleware.proxy_fix import ProxyFix

# What an answer says unless a view says something else. HTTPS is for good: one year.
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}
# What a page of another origin may send and see, if its origin is in CORS_ORIGINS.
{% if cookiecutter.auth == "jwt" %}
SENT = ["Authorization", "Content-Type", "If-Match", "If-None-Match", "X-Request-ID"]
{% else %}
SENT = ["Content-Type", "If-Match", "If-None-Match", "X-Request-ID"]
{% endif %}
SEEN = ["ETag", "Location", "Retry-After", "X-Request-ID"]


def configure(app: Flask) -> None:
    """Add the headers, and open what the settings open."""
    app.after_request(add_headers)
    if origins := app.config["CORS_ORIGINS"]:
        CORS(app, origins=origins, allow_headers=SENT, expose_headers=SEEN)
    if count := app.config["TRUSTED_PROXIES"]:
        # The proxies say where a request came from, and that it came by HTTPS.
        proxied = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)
        app.wsgi_app = proxied  # type: ignore[method-assign]


def add_headers(response: Response) -> Response:
    """Add the headers that are not there yet."""
    for name, value in (HEADERS | (HTTPS_ONLY if request.is_secure else {})).items():
        response.headers.setdefault(name, value)
    return response
