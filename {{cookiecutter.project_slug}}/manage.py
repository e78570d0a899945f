#!/usr/bin/env python3
"""The commands of the service: `./manage.py --help` lists them."""

import os
import sys
from pathlib import Path

VENV = Path(__file__).resolve().parent / ".venv"
PYTHON = VENV / "bin/python"

if PYTHON.exists() and not VENV.samefile(sys.prefix):
    # Started by another Python: start again with the one that has the packages.
    os.execv(PYTHON, [str(PYTHON), *sys.argv])

from flask.cli import FlaskGroup

from app import create_app

cli = FlaskGroup(create_app=create_app, load_dotenv=False)

if __name__ == "__main__":
    cli()
