"""Makes what is missing of migrations/ and openapi.json, and upgrades the database.

`scripts/setup.py` runs this inside .venv: in one process, because importing the service
takes longer than all the commands together.
"""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

from flask import Flask
from flask.cli import ScriptInfo

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app import create_app
from app.settings import SettingsError, load_settings

MIGRATIONS = ROOT / "migrations"
PARTS = ("alembic.ini", "env.py", "script.py.mako")


def main() -> None:
    """Run `flask db init`, `migrate` and `upgrade`, as far as they are needed."""
    settings = load_settings()
    # Compared with an empty database in memory, the models give the first revision
    # without a server, and the same one for every kind of server.
    empty = create_app(replace(settings, DATABASE_URL="sqlite://"))
    has_revision = any(MIGRATIONS.glob("versions/*.py"))
    if not all((MIGRATIONS / part).exists() for part in PARTS):
        if has_revision:
            sys.exit("migrations/ has revisions but lacks other files: restore them.")
        shutil.rmtree(MIGRATIONS, ignore_errors=True)
        flask(empty, "db", "init", "--template", "scripts/migrations")
    if not has_revision:
        flask(empty, "db", "migrate", "--message", "first tables", "--rev-id", "0001")
    flask(create_app(settings), "db", "upgrade")
    if not (ROOT / "openapi.json").exists():
        flask(empty, "openapi", "write", "openapi.json")


def flask(app: Flask, *arguments: str) -> None:
    """Run a command of `flask` for an application in this process."""
    print("$ flask", *arguments, flush=True)
    obj = ScriptInfo(create_app=lambda: app)
    app.cli.main(list(arguments), obj=obj, standalone_mode=False)


if __name__ == "__main__":
    try:
        main()
    except SettingsError as error:
        sys.exit(f"A setting is wrong: {error}")
