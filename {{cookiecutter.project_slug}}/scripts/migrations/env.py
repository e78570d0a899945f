"""Runs the migrations; everything else is in app/core/migrations.py."""

from app.core.migrations import run

run()
