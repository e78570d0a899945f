"""What SQLite must be told on each connection to behave like a server database."""

from sqlite3 import Connection as SQLiteConnection
from typing import Any

from flask import has_request_context, request
from sqlalchemy import Connection, Engine, event


def configure(engine: Engine) -> None:
    """Switch on foreign keys, write-ahead logging and real transactions."""
    event.listen(engine, "connect", _connect)
    event.listen(engine, "begin", _begin)


def _connect(connection: SQLiteConnection, record: Any) -> None:
    # The driver's own handling of transactions does not cover SELECT and DDL.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin(connection: Connection) -> None:
    # A transaction that reads before it writes fails at once when another one wrote
    # in between; one that says so from the start waits for its turn.
    reading = has_request_context() and request.method in {"GET", "HEAD", "OPTIONS"}
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
