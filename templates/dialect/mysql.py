"""The dialect of MySQL and MariaDB: options, locks and pages, and what errors mean."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

{% if cookiecutter.dashboard == "dash" %}
from sqlalchemy import ColumnElement, Connection, Date, Engine, and_, func, or_
{% else %}
from sqlalchemy import ColumnElement, Connection, Engine, and_, or_
{% endif %}
from sqlalchemy.exc import DBAPIError

from app.core.data import idle_connections
from app.core.data.base import columns_of

BEHIND = "Table .* doesn't exist|Unknown column"  # a table, behind its model
# What to do about an error; the first pattern that its text matches.
CURES = {
    BEHIND: "Bring it up to date: ./manage.py db upgrade",
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
        "pool_size": config["DATABASE_POOL_SIZE"] or config["WEB_THREADS"],
        "max_overflow": config["DATABASE_MAX_OVERFLOW"],
        # With REPEATABLE READ, a writer that waited for another one would fail.
        "isolation_level": "READ COMMITTED",
        "connect_args": {"charset": "utf8mb4", "init_command": SESSION},
    }


def configure(engine: Engine) -> None:
    """Ask connections whether they are alive."""
    idle_connections.check(engine)


def for_reads(engine: Engine) -> Engine:
    """Return the engine for lone SELECTs: here, it is no other one."""
    return engine


@contextmanager
def migrating(connection: Connection) -> Iterator[None]:
    """Named lock: one process at a time migrates, the others wait up to ten minutes."""
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


def after(
    columns: list[Any], values: list[Any], descending: bool
) -> ColumnElement[bool]:
    """Keyset pagination: return the condition for rows after these values."""
    # MySQL would read the whole index for (key, id) > (…, …).
    (key, row_id), (last_key, last_id) = columns, values
    beyond = key < last_key if descending else key > last_key
    follows = row_id < last_id if descending else row_id > last_id
    return or_(beyond, and_(key == last_key, follows))
{% if cookiecutter.dashboard == "dash" %}


def day(column: Any) -> ColumnElement[Any]:
    """Return the day (UTC) of a time."""
    return func.date(column, type_=Date)
{% endif %}
