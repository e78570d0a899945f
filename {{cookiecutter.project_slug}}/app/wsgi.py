"""The WSGI entry point of a production server: `gunicorn app.wsgi:app`."""

from app import create_app

app = create_app()
