"""The database session, one for each request or command, and its transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import flask_sqlalchemy.session
import sqlalchemy.orm
from flask import current_app, has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, Select, event, inspect
from sqlalchemy.exc import DBAPIError

from app.core.data.base import Base, utc_now

READS = "engine for reads"  # its key in `app.extensions`


def only_reads() -> bool:
    """Tell whether the request is one that changes nothing (a safe method)."""
    return has_request_context() and request.method in {"GET", "HEAD"}


class Session(flask_sqlalchemy.session.Session):
    """A session that ends well although the database went away in the meantime.

    What GET and HEAD select outside `transaction()` is in no transaction on PostgreSQL:
    each statement sees all that is committed, as in READ COMMITTED. What changes or locks
    a row, or streams, always is in one, and so is what comes after it.
    """

    def get_bind(
        self, mapper: Any = None, clause: Any = None, bind: Any = None, **options: Any
    ) -> Engine | Connection:
        """Return the engine for a statement."""
        engine = super().get_bind(mapper, clause, bind, **options)
        selects = isinstance(clause, Select) and clause._for_update_arg is None
        if not (selects and only_reads()):
            self.info["changes"] = True
        alone = not (self.info.get("changes") or self.info.get("in_transaction"))
        for_reads: Engine = current_app.extensions[READS]
        # In tests, it is a connection, in a transaction that is rolled back.
        usual = isinstance(engine, Engine) and engine.pool is for_reads.pool
        return for_reads if alone and usual else engine

    def close(self) -> None:
        """End the transaction: nothing that was not committed is left to lose."""
        try:
            super().close()
        except DBAPIError:
            self.invalidate()


db = SQLAlchemy(
    metadata=Base.metadata,
    session_options={"class_": Session, "expire_on_commit": False},
)


@event.listens_for(db.session, "before_flush")
def count_relations(session: Session, *_: Any) -> None:
    """Let what changes only rows of an association table change the `version`, too."""
    for row in session.dirty:
        state = inspect(row)
        own = (r for r in state.mapper.relationships if r.secondary is not None)
        keys = [relation.key for relation in own if not relation.viewonly]
        if any(state.attrs[key].history.has_changes() for key in keys):
            row.updated_at = utc_now()


def end_reads(session: sqlalchemy.orm.Session) -> None:
    """Give back the connection of what was only read: one is enough for a request."""
    reads = session.get_transaction()
    if reads is not None and not session.info.get("changes"):
        reads.close()


@event.listens_for(db.session, "do_orm_execute")
def stream_in_a_transaction(state: sqlalchemy.orm.ORMExecuteState) -> None:
    """Rows that come one after the other do so in a transaction: a cursor needs it."""
    if state.execution_options.keys() & {"yield_per", "stream_results"}:
        end_reads(state.session)
        state.session.info["changes"] = True


@contextmanager
def transaction() -> Iterator[None]:
    """Commit all that is done inside, or nothing (unit of work); one may hold others."""
    session = db.session()
    if session.info.get("in_transaction"):
        yield
        return
    end_reads(session)
    session.info |= {"in_transaction": True, "after_commit": []}
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info["in_transaction"] = False
    for job in session.info["after_commit"]:
        try:
            job()
        except Exception:  # what was committed holds all the same
            current_app.logger.exception("A job after a commit failed.")
            session.rollback()  # what the job left half done
