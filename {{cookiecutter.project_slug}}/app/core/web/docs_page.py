"""The documentation page at `/docs`: Swagger UI, served without any other host."""

from importlib.resources import files

from flask import Blueprint, Response, render_template, send_from_directory

ASSETS = str(files("flask_swagger_ui") / "dist")

# Swagger UI sets styles on elements and draws its icons as data: URLs.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

blueprint = Blueprint(
    "docs",
    __name__,
    url_prefix="/docs",
    template_folder="templates",
    static_folder="static",
)


@blueprint.get("/")
def page() -> tuple[str, dict[str, str]]:
    """Show the page."""
    headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}
    return render_template("docs.html"), headers


@blueprint.get("/assets/<path:filename>")
def asset(filename: str) -> Response:
    """Serve a file of Swagger UI."""
    return send_from_directory(ASSETS, filename)
