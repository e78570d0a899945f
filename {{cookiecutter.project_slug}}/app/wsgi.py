"""The WSGI entry point of a production server: `gunicorn app.wsgi:app`."""

import os
import sys

from app import create_app
from app.settings import SettingsError

try:
    app = create_app()
except SettingsError as error:
    sys.exit(f"Error: {error}")

if metrics_port := os.environ.get("METRICS_PORT"):
    from app.core.metrics import exporter

    exporter.configure(app, int(metrics_port))
