"""Makes what is missing of migrations/ and openapi.json, and upgrades the database.

`scripts/setup.py` runs this inside .venv: in one process, because importing the service
takes longer than all the commands together.
"""

import atexit
import gc
import shutil
import subprocess
import sys
from importlib.util import cache_from_source, find_spec
from pathlib import Path

if __name__ == "__main__":
    # Garbage collection would search what is imported again and again, and find nothing.
    gc.disable()
    atexit.register(gc.freeze)
    # Bytecode: two processes compile what is imported for the first time.
    alembic = find_spec("alembic")
    if alembic and not Path(cache_from_source(str(alembic.origin))).exists():
        other = [sys.executable, "-c", "import alembic.command"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        atexit.register(subprocess.Popen(other, **quiet).wait)

from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import create_engine

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app import create_app
from app.core.command_line import readable_errors
from app.core.data.session import db
from app.settings import SettingsError

MIGRATIONS = ROOT / "migrations"
PARTS = ("alembic.ini", "env.py", "script.py.mako")


def main() -> None:
    """Run `flask db init`, `migrate` and `upgrade`, as far as they are needed."""
    app = create_app()
    has_revision = any(MIGRATIONS.glob("versions/*.py"))
    if not all((MIGRATIONS / part).exists() for part in PARTS):
        if has_revision:
            sys.exit("migrations/ has revisions but lacks other files: restore them.")
        shutil.rmtree(MIGRATIONS, ignore_errors=True)
        flask(app, "db", "init", "--template", "scripts/alembic_template")
    if not has_revision:
        make_first_revision(app)
    if not (ROOT / "openapi.json").exists():
        flask(app, "openapi", "write", "openapi.json")
{% if cookiecutter.database == "mysql" %}
    make_database(app)
{% endif %}
    flask(app, "db", "upgrade")


def make_first_revision(app: Flask) -> None:
    """Compare the models with an empty SQLite database in memory.

    So it needs no server.
    """
    with app.app_context():
        engines = db.engines
    own = engines[None]
    engines[None] = create_engine("sqlite://")
    flask(app, "db", "migrate", "--message", "first tables", "--rev-id", "0001")
    engines[None] = own


{% if cookiecutter.database == "mysql" %}
def make_database(app: Flask) -> None:
    """Make the database of development when the server lacks it."""
    if app.config["APP_ENV"] == "development":
        with app.app_context():
            url = db.engine.url
        statement = f"CREATE DATABASE IF NOT EXISTS `{url.database}`"
        with create_engine(url.set(database="")).connect() as connection:
            connection.exec_driver_sql(statement)


{% endif %}
def flask(app: Flask, *arguments: str) -> None:
    """Run a command of `flask` for an application in this process."""
    print("$ flask", *arguments, flush=True)
    obj = ScriptInfo(create_app=lambda: app)
    app.cli.main(list(arguments), obj=obj, standalone_mode=False)


if __name__ == "__main__":
    try:
        with readable_errors():
            main()
    except SettingsError as error:
        sys.exit(f"A setting is wrong: {error}")
