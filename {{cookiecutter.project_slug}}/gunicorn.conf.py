"""The production server: `gunicorn app.wsgi:app` reads this file."""

import os

# These three are variables of the environment, not of .env.
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2 * (os.cpu_count() or 1))
# Loads the service once, before the workers start: a broken one stops at once.
preload_app = True
# The control socket would be a file in the home directory.
control_socket_disable = True
