"""Probes for load balancers and orchestrators."""

from functools import cache

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, abort

from app.core.database import db
from app.settings import ROOT

blueprint = Blueprint("health", __name__, url_prefix="/health")


@blueprint.get("/live")
def live() -> dict[str, str]:
    """Answer as long as the process can answer; touches nothing else."""
    return {"status": "ok"}


@blueprint.get("/ready")
def ready() -> dict[str, str]:
    """Answer 200 when the database answers and has every migration, else 503."""
    context = MigrationContext.configure(db.session.connection())
    if set(context.get_current_heads()) != newest_revisions():
        abort(503, "The database needs `flask db upgrade`.")
    return {"status": "ok"}


@cache
def newest_revisions() -> set[str]:
    """Return the heads of the migrations that this code came with."""
    return set(ScriptDirectory(ROOT / "migrations").get_heads())
