"""Where the dashboard is, who may see it, and what its answers say to browsers."""

from typing import cast

{% if cookiecutter.database == "sqlite" %}
import flask
{% endif %}
from flask import Blueprint, Flask, Response, request
from flask.sansio.blueprints import BlueprintSetupState

{% if cookiecutter.auth == "jwt" %}
from app.core.identity import browser_session

{% endif %}
from . import page

PREFIX = "/dashboard"
# No script but from files of this service, and no eval; Plotly sets styles on elements.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)

blueprint = Blueprint(
    "dashboard",
    __name__,
    static_folder="static",
    static_url_path=f"{PREFIX}/static",
)


@blueprint.record
def mount(state: BlueprintSetupState) -> None:
    """Make the page of this application; each one has its own."""
    app = cast(Flask, state.app)
    if not app.config["DASHBOARD_ENABLED"]:
        app.logger.info("The dashboard is off: DASHBOARD_ENABLED=true switches it on.")
        return
{% if cookiecutter.database == "sqlite" %}
    app.before_request(read_only)
{% endif %}
{% if cookiecutter.auth == "jwt" %}
    browser_session.protect(app, PREFIX)
{% endif %}
    app.after_request(add_headers)
    page.mount(app, f"{PREFIX}/")


def is_ours() -> bool:
    """Tell whether the request is for the dashboard: most rules are Dash's own."""
    rule = request.url_rule.rule if request.url_rule else ""
    return f"{rule}/".startswith(f"{PREFIX}/")
{% if cookiecutter.database == "sqlite" %}


def read_only() -> None:
    """Let no callback wait for a turn to write: they are POST, and only read."""
    is_callback = request.path.endswith("/_dash-update-component")
    flask.g.reads_only = is_ours() and is_callback
{% endif %}


def add_headers(response: Response) -> Response:
    """Say what the page may load, and keep what it shows out of caches."""
    if is_ours():
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        if "ETag" not in response.headers:  # files, which browsers ask for anew by it
            response.headers.setdefault("Cache-Control", "no-store")
    return response
