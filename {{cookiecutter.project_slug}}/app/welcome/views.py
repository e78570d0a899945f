"""The welcome page at `/`: what to open first, for a person with a browser."""

{% if cookiecutter.auth == "jwt" %}
from flask import Blueprint, render_template
{% else %}
from flask import Blueprint, current_app, render_template
{% endif %}

{% if cookiecutter.layout == "domain" %}
blueprint = Blueprint(
    "welcome",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/welcome",
)
{% else %}
blueprint = Blueprint("welcome", __name__)
{% endif %}


@blueprint.get("/")
def welcome() -> str:
{% if cookiecutter.auth == "jwt" %}
    """Show the welcome page; the lists of the API need a token."""
    return render_template("welcome.html")
{% else %}
    """Show the welcome page, with a link to each list of the API."""
    paths = {rule.rule for rule in current_app.url_map.iter_rules()}
    lists = sorted(p for p in paths if p.startswith("/api/") and p.endswith("/"))
    return render_template("welcome.html", lists=lists)
{% endif %}
