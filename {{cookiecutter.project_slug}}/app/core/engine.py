{% if cookiecutter.database == "sqlite" %}
"""What SQLite needs to behave like a server database, and what its errors mean."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from sqlite3 import Connection as SQLiteConnection
from sqlite3 import OperationalError
from typing import Any

from flask import has_request_context, request
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

DRIVER = "sqlite"
EXAMPLE = "sqlite:////var/lib/service/app.sqlite3"
# What to do about an error; the first pattern that its text matches.
CURES = {
    "unable to open": "Its directory must exist and be writable.",
    "readonly": "The file and its directory must be writable.",
    "is full": "Make room on the disk.",
    "is locked": "Another program writes to it: try again.",
    "not a database|malformed": "Restore the file from a backup, or remove it.",
    "no such table": "Bring it up to date: ./manage.py db upgrade",
}


def options(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `create_engine`; a writer waits 20 s for another one."""
    return {"connect_args": {"timeout": 20}}


def configure(engine: Engine) -> None:
    """Switch on foreign keys, write-ahead logging and real transactions."""
    event.listen(engine, "connect", _connect)
    event.listen(engine, "begin", _begin)


def _connect(connection: SQLiteConnection, record: Any) -> None:
    # The driver's own handling of transactions does not cover SELECT and DDL.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except OperationalError as error:
        if error.sqlite_errorname != "SQLITE_BUSY":
            raise  # else another process is switching it on
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin(connection: Connection) -> None:
    # A transaction that reads before it writes fails at once when another one wrote
    # in between; one that says so from the start waits for its turn.
    reading = has_request_context() and request.method in {"GET", "HEAD", "OPTIONS"}
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def migrating(connection: Connection) -> Iterator[None]:
    """Let foreign keys wait: SQLite changes a table by making a new one."""
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


def taken_columns(error: DBAPIError) -> list[str]:
    """Return the columns whose values another row has, none for another error."""
    fault, _, columns = str(error.orig).partition(": ")  # "…: users.email"
    found = columns.split(", ") if fault == "UNIQUE constraint failed" else []
    return [name.rpartition(".")[2] for name in found]


def is_broken_reference(error: DBAPIError) -> bool:
    """Tell whether the change would leave a reference to nothing."""
    return str(error.orig) == "FOREIGN KEY constraint failed"


def is_unavailable(error: DBAPIError) -> bool:
    """Tell whether the database is at fault, and not the statement."""
    code = getattr(error.orig, "sqlite_errorname", "SQLITE_ERROR").split("_")[1]
    return code not in {"ERROR", "CONSTRAINT", "MISMATCH", "TOOBIG", "RANGE", "MISUSE"}
{% elif cookiecutter.database == "postgresql" %}
"""What PostgreSQL needs, and what its errors mean."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, OperationalError

from app.core import embedded
from app.core.database import columns_of

DRIVER = "postgresql+psycopg"
EXAMPLE = "postgresql+psycopg://user:password@localhost:5432/app"
# What to do about an error; the first pattern that its text matches.
CURES = {
    "relation .* does not exist": "Bring it up to date: ./manage.py db upgrade",
    "database .* does not exist": "Make it (CREATE DATABASE), or name another one.",
    "password|authentication|role": "Check the user and the password.",
    "resolve": "Check the name of the host.",
    "connection failed|timeout": "Check the host and the port, and start the server.",
    "no space left": "Make room on the disk of the server.",
    "read-only": "Name a server that can be written to.",
}


def options(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `create_engine`."""
    return {
        "pool_pre_ping": True,  # a connection that the server has closed is made anew
        "pool_size": config["DATABASE_POOL_SIZE"],
        "max_overflow": config["DATABASE_MAX_OVERFLOW"],
        "connect_args": {"connect_timeout": 10},
    }


def configure(engine: Engine) -> None:
    """Let locks be waited for less long than a worker may take for a request.

    The first connection to the embedded server starts it.
    """
    event.listen(engine, "connect", _limit_waiting)
    if engine.url.host == embedded.HOST:
        event.listen(engine, "do_connect", embedded.connect)


def _limit_waiting(connection: Any, record: Any) -> None:
    connection.execute("SET lock_timeout = '20s'")
    connection.commit()


@contextmanager
def migrating(connection: Connection) -> Iterator[None]:
    """Let one process at a time migrate; the others wait."""
    connection.exec_driver_sql("SET lock_timeout = 0")
    connection.exec_driver_sql("SELECT pg_advisory_lock(1)")
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.exec_driver_sql("SELECT pg_advisory_unlock(1)")
        connection.commit()


def taken_columns(error: DBAPIError) -> list[str]:
    """Return the columns whose values another row has, none for another error."""
    cause: Any = error.orig
    return columns_of(cause.diag.constraint_name) if cause.sqlstate == "23505" else []


def is_broken_reference(error: DBAPIError) -> bool:
    """Tell whether the change would leave a reference to nothing."""
    return getattr(error.orig, "sqlstate", None) == "23503"


def is_unavailable(error: DBAPIError) -> bool:
    """Tell whether the database is at fault, and not the statement."""
    read_only = getattr(error.orig, "sqlstate", None) == "25006"
    lost = error.connection_invalidated or read_only
    return lost or isinstance(error, OperationalError)
{% else %}
"""What MySQL and MariaDB need, and what their errors mean."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from app.core.database import columns_of

DRIVER = "mysql+pymysql"
EXAMPLE = "mysql+pymysql://user:password@localhost:3306/app"
# What to do about an error; the first pattern that its text matches.
CURES = {
    "Table .* doesn't exist": "Bring it up to date: ./manage.py db upgrade",
    "Unknown database": "Make it (CREATE DATABASE), or name another one.",
    "Access denied": "Check the user, the password and the rights of the user.",
    "not known|resolution": "Check the name of the host.",
    "Can't connect|timed out": (
        "Start the server, for example: docker run -d -p 127.0.0.1:3306:3306 "
        "-e MARIADB_ROOT_PASSWORD=root mariadb:11"
    ),
    "full|space": "Make room on the disk of the server.",
    "read.only": "Name a server that can be written to.",
}
# Row changed, disk full, too many connections, no access, no database, shutdown,
# locked, deadlock, read-only, killed. PyMySQL calls nearly all an OperationalError.
UNAVAILABLE = {1020, 1021, 1040, 1044, 1045, 1049, 1053, 1205, 1213, 1290, 1836}
UNAVAILABLE |= {1317, 1927, 3169}
# Strict, and waiting for locks less long than a worker may take for a request.
SESSION = (
    "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'), "
    "innodb_lock_wait_timeout = 20"
)


def options(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `create_engine`."""
    return {
        "pool_pre_ping": True,  # a connection that the server has closed is made anew
        "pool_size": config["DATABASE_POOL_SIZE"],
        "max_overflow": config["DATABASE_MAX_OVERFLOW"],
        # With REPEATABLE READ, a writer that waited for another one would fail.
        "isolation_level": "READ COMMITTED",
        "connect_args": {"charset": "utf8mb4", "init_command": SESSION},
    }


def configure(engine: Engine) -> None:
    """Do nothing: the options are enough."""


@contextmanager
def migrating(connection: Connection) -> Iterator[None]:
    """Let one process at a time migrate; the others wait for up to ten minutes."""
    lock = "CONCAT('migrations of ', DATABASE())"
    connection.exec_driver_sql(f"SELECT GET_LOCK({lock}, 600)")
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.exec_driver_sql(f"SELECT RELEASE_LOCK({lock})")
        connection.commit()


def taken_columns(error: DBAPIError) -> list[str]:
    """Return the columns whose values another row has, none for another error."""
    # The value comes before the key, and may look like anything.
    key = re.search(r"for key '(?:[^'.]*\.)?([^'.]*)'$", text(error))
    return columns_of(key[1]) if code(error) == 1062 and key else []


def is_broken_reference(error: DBAPIError) -> bool:
    """Tell whether the change would leave a reference to nothing."""
    return code(error) in {1451, 1452}


def is_unavailable(error: DBAPIError) -> bool:
    """Tell whether the database is at fault, and not the statement."""
    client_lost_it = 2000 <= code(error) < 3000
    return client_lost_it or error.connection_invalidated or code(error) in UNAVAILABLE


def code(error: DBAPIError) -> int:
    """Return the number of an error of the server, 0 for another one."""
    number = getattr(error.orig, "args", (0,))[0]
    return number if isinstance(number, int) else 0


def text(error: DBAPIError) -> str:
    """Return what the server says about an error."""
    return str(getattr(error.orig, "args", ("",))[-1])
{% endif %}
