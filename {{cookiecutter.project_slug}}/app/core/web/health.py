"""Probes for load balancers and orchestrators."""

from functools import cache
{% if cookiecutter.database == "sqlite" %}
from pathlib import Path
from shutil import disk_usage
{% endif %}

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, abort

from app.core.data.session import db
from app.settings import ROOT

{% if cookiecutter.database == "sqlite" %}
ROOM = 16 * 2**20  # bytes that must be free on the disk of the database
{% endif %}
blueprint = Blueprint("health", __name__, url_prefix="/health")


@blueprint.get("/live")
def live() -> dict[str, str]:
    """Answer as long as the process can answer; touches nothing else."""
    return {"status": "ok"}


@blueprint.get("/ready")
def ready() -> dict[str, str]:
    """Answer 200 when the database answers and has every migration, else 503."""
{% if cookiecutter.database == "sqlite" %}
    file = Path(db.session.connection().engine.url.database or ".")
    if disk_usage(file.parent).free < ROOM:
        abort(503, "The disk is full.")
{% endif %}
    context = MigrationContext.configure(db.session.connection())
    applied, (heads, known) = set(context.get_current_heads()), revisions()
    # A revision that is not known is of a later release, which takes over from this one.
    if applied != heads and applied <= known:
        abort(503, "The database needs `./manage.py db upgrade`.")
    return {"status": "ok"}


@cache
def revisions() -> tuple[set[str], set[str]]:
    """Return the heads of the migrations that this code came with, and all of them."""
    script = ScriptDirectory(ROOT / "migrations")
    return set(script.get_heads()), {r.revision for r in script.walk_revisions()}
