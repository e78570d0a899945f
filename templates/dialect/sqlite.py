"""The dialect of SQLite: its options, locks and pages, and what its errors mean."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from sqlite3 import Connection as SQLiteConnection
from sqlite3 import OperationalError
from typing import Any

{% if cookiecutter.dashboard == "dash" %}
from flask import g, has_request_context, request
from sqlalchemy import ColumnElement, Connection, Date, Engine, event, func, tuple_
{% else %}
from flask import has_request_context, request
from sqlalchemy import ColumnElement, Connection, Engine, event, tuple_
{% endif %}
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

BEHIND = "no such (table|column)|has no column"  # a table, behind its model
# What to do about an error; the first pattern that its text matches.
CURES = {
    "unable to open": "Its directory must exist and be writable.",
    "readonly": "The file and its directory must be writable.",
    "is full": "Make room on the disk.",
    "is locked": "Another program writes to it: try again.",
    "not a database|malformed": "Restore the file from a backup, or remove it.",
    BEHIND: "Bring it up to date: ./manage.py db upgrade",
}


def options(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `create_engine`: a writer waits 5 s for another one."""
    found: dict[str, Any] = {"connect_args": {"timeout": 5}}
    if make_url(config["DATABASE_URL"]).database:  # else it is in memory
        found["pool_size"] = config["WEB_THREADS"]
    return found


def configure(engine: Engine) -> None:
    """Foreign keys, write-ahead logging (WAL) and real transactions: switch them on."""
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
    # Write lock from the start (BEGIN IMMEDIATE): a transaction that reads before it
    # writes would fail at once when another one wrote in between.
    reading = has_request_context() and request.method in {"GET", "HEAD", "OPTIONS"}
{% if cookiecutter.dashboard == "dash" %}
    reading = reading or (has_request_context() and g.get("reads_only", False))
{% endif %}
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


{% if cookiecutter.auth == "jwt" %}
@contextmanager
def at_once(connection: Connection) -> Iterator[None]:
    """Let what had to wait for another writer fail at once."""
    (timeout,) = connection.exec_driver_sql("PRAGMA busy_timeout").one()
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {timeout}")


{% endif %}
def for_reads(engine: Engine) -> Engine:
    """Return the engine for lone SELECTs: here, it is no other one."""
    return engine


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
    taken = columns.split(", ") if fault == "UNIQUE constraint failed" else []
    return [name.rpartition(".")[2] for name in taken]


def is_broken_reference(error: DBAPIError) -> bool:
    """Tell whether the change would leave a reference to nothing."""
    return str(error.orig) == "FOREIGN KEY constraint failed"


def is_unavailable(error: DBAPIError) -> bool:
    """Tell whether the database is at fault, and not the statement."""
    code = getattr(error.orig, "sqlite_errorname", "SQLITE_ERROR").split("_")[1]
    return code not in {"ERROR", "CONSTRAINT", "MISMATCH", "TOOBIG", "RANGE", "MISUSE"}


def after(
    columns: list[Any], values: list[Any], descending: bool
) -> ColumnElement[bool]:
    """Keyset pagination: return the condition for rows after these values."""
    row = tuple_(*columns)
    return row < values if descending else row > values
{% if cookiecutter.dashboard == "dash" %}


def day(column: Any) -> ColumnElement[Any]:
    """Return the day (UTC) of a time."""
    return func.date(column, type_=Date)
{% endif %}
