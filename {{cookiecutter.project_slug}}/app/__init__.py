"""The service: `create_app()` makes the Flask application."""

from app.core.app import create_app

__all__ = ["create_app"]
