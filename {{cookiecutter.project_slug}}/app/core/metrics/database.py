"""What is measured of the database: the connections of the pool."""

from threading import Lock
from typing import Any

from flask import Flask, appcontext_tearing_down
from prometheus_client import Gauge
from sqlalchemy import event
from sqlalchemy.pool import QueuePool

from app.core.data.session import db

CONNECTIONS = Gauge(
    "database_pool_connections",
    "Connections to the database.",
    ["state"],
    multiprocess_mode="livesum",
)


def configure(app: Flask) -> None:
    """Read the pool when a connection is taken, and after it was given back."""
    with app.app_context():
        engine = db.engine
    used, idle = CONNECTIONS.labels("used"), CONNECTIONS.labels("idle")
    lock = Lock()

    def read(*_: Any, **__: Any) -> None:
        pool = engine.pool  # a fork makes a new one
        if isinstance(pool, QueuePool):
            with lock:  # who writes last has read last
                used.set(pool.checkedout())
                idle.set(pool.checkedin())

    event.listen(engine, "checkout", read)
    appcontext_tearing_down.connect(read, app, weak=False)
