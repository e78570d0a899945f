#!/usr/bin/env python3
"""The commands of the service: `./manage.py --help` lists them."""

import atexit
import gc
import os
import sys
from importlib.util import find_spec
from pathlib import Path

VENV = Path(__file__).resolve().parent / ".venv"
PYTHON = VENV / "bin/python"

if PYTHON.exists() and not VENV.samefile(sys.prefix):
    # Started by another Python: start again with the one that has the packages.
    os.execv(PYTHON, [str(PYTHON), *sys.argv])

if find_spec("flask") is None:
    sys.exit("The packages are not installed. Set the project up: make setup")

if __name__ == "__main__":
    # Garbage collection: what is imported stays, and to search all of it again and again,
    # and once more at the end, takes a third of the time of a command.
    gc.disable()
    atexit.register(gc.freeze)

from flask import Flask
from flask.cli import FlaskGroup

from app import create_app
from app.core.command_line import read_port, readable_errors


def start() -> Flask:
    """Make the application; from now on, garbage is collected."""
    app = create_app()
    gc.freeze()
    gc.enable()
    return app


cli = FlaskGroup(create_app=start, load_dotenv=False)
read_port(cli.commands["run"])
if (VENV.parent / "scaffold").is_dir():  # delete it when no more resources are to come
    from scaffold.cli import action, field, resource

    for command in (action, field, resource):
        cli.add_command(command)

if __name__ == "__main__":
    with readable_errors():
        cli()
