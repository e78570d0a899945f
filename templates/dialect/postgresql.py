"""The dialect of PostgreSQL: its options, locks and pages, and what its errors mean."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

{% if cookiecutter.dashboard == "dash" %}
from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Engine,
    cast,
    event,
    func,
    tuple_,
)
{% else %}
from sqlalchemy import ColumnElement, Connection, Engine, event, tuple_
{% endif %}
from sqlalchemy.exc import DBAPIError, OperationalError

from app.core.data import embedded_server, idle_connections
from app.core.data.base import columns_of

BEHIND = "(relation|column) .* does not exist"  # a table, behind its model
# What to do about an error; the first pattern that its text matches.
CURES = {
    BEHIND: "Bring it up to date: ./manage.py db upgrade",
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
        "pool_size": config["DATABASE_POOL_SIZE"] or config["WEB_THREADS"],
        "max_overflow": config["DATABASE_MAX_OVERFLOW"],
        "connect_args": {"connect_timeout": 10},
    }


def configure(engine: Engine) -> None:
    """Set up connections; the first one to the embedded server starts it."""
    event.listen(engine, "connect", _connect)
    idle_connections.check(engine)
    if engine.url.host == embedded_server.HOST:
        event.listen(engine, "do_connect", embedded_server.connect)


def _connect(connection: Any, record: Any) -> None:
    # Wait for a lock less long than a worker may take for a request. Times come in the
    # zone of the session: those in UTC need not be converted.
    connection.execute("SET lock_timeout = '20s'; SET timezone = 'UTC'")
    connection.commit()


def for_reads(engine: Engine) -> Engine:
    """Return the engine for lone SELECTs: they need no BEGIN and no ROLLBACK."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def migrating(connection: Connection) -> Iterator[None]:
    """Advisory lock: one process at a time migrates, the others wait."""
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


def after(
    columns: list[Any], values: list[Any], descending: bool
) -> ColumnElement[bool]:
    """Keyset pagination: return the condition for rows after these values."""
    row = tuple_(*columns)
    return row < values if descending else row > values
{% if cookiecutter.dashboard == "dash" %}


def day(column: Any) -> ColumnElement[Any]:
    """Return the day (UTC) of a time, whatever the time zone of the connection."""
    return cast(func.timezone("UTC", column), Date)
{% endif %}
