"""Runs the migrations; everything else is in app/core/data/alembic_environment.py."""

from app.core.data.alembic_environment import run

run()
