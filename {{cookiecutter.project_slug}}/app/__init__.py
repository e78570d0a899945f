"""The service: `create_app()` makes the Flask application."""

from app.core.factory import create_app

__all__ = ["create_app"]
