"""The production server: `gunicorn app.wsgi:app` reads this file."""

import json
import os
import socket
from uuid import uuid4

from gunicorn import util

# These three are variables of the environment, not of .env.
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2 * (os.cpu_count() or 1))
# Loads the service once, before the workers start: a broken one stops at once.
preload_app = True
# The control socket would be a file in the home directory.
control_socket_disable = True
# Headers of proxies are trusted by TRUSTED_PROXIES only, see app/core/web/headers.py.
forwarded_allow_ips = ""


def refuse(client: socket.socket, status: int, reason: str, _message: str) -> None:
    """Answer what is not HTTP as the service answers errors, and not with a page."""
    content = {"type": "about:blank", "title": reason, "status": status}
    content |= {"detail": reason, "instance": "", "request_id": uuid4().hex}
    body = json.dumps(content)
    head = f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: "
    head += "application/problem+json\r\nX-Content-Type-Options: nosniff\r\n"
    head += f"Content-Length: {len(body)}\r\n\r\n"
    util.write_nonblock(client, (head + body).encode())


util.write_error = refuse
