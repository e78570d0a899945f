"""Connections that were idle: the server may have closed them, or gone away."""

import time
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

SECONDS = 1  # of idleness, after which a connection is asked whether it is alive


def check(engine: Engine) -> None:
    """Make a dead connection anew, as `pool_pre_ping` does, but ask only the idle ones."""
    event.listen(engine, "checkin", note)

    @event.listens_for(engine, "checkout")
    def ask(connection: Any, record: Any, _proxy: Any) -> None:
        now, dialect = time.monotonic(), engine.dialect
        if now - record.info.get("idle_since", now) > SECONDS:
            try:
                dialect.do_ping(connection)
            except dialect.loaded_dbapi.Error as error:
                raise InvalidatePoolError from error


def note(_connection: Any, record: Any) -> None:
    """Note since when a connection is idle."""
    record.info["idle_since"] = time.monotonic()
