{% set folders = '\n    template_folder="templates",\n    static_folder="static",\n    static_url_path="/welcome",' if cookiecutter.layout == "domain" else "" %}
"""The welcome page at `/`: what to open first, for a person with a browser."""

from flask import Blueprint, render_template

blueprint = Blueprint(
    "welcome",
    __name__,{{ folders }}
)


@blueprint.get("/")
def welcome() -> str:
    """Show the welcome page."""
    return render_template("welcome.html")
