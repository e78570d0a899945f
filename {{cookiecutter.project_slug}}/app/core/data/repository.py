"""Repository: reads and writes rows, with the rules that hold for every table."""

from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.sql.base import ExecutableOption

from app.core.data.base import Base, Row, utc_now
from app.core.data.foreign_keys import referring
from app.core.data.session import db, transaction
from app.core.data.soft_delete import SoftDelete, prepare
from app.core.errors import Conflict, Invalid, NotFound


def get(
    model: type[Row],
    *where: sa.ColumnElement[bool],
    options: Iterable[ExecutableOption] = (),
    **values: Any,
) -> Row:
    """Return the one row that fulfils this and has these values. Raises NotFound.

    `options` load related rows along with it: `[selectinload(Book.owner)]`.
    """
    query = sa.select(model).options(*options).where(*where).filter_by(**values)
    row = db.session.scalar(query)
    if row is None:
        raise NotFound(f"{model.__name__} not found.")
    return row


def save(row: Row, values: dict[str, Any], **where: sa.ColumnElement[bool]) -> Row:
    """Set the values, and store the row. Raises Invalid for a reference to nothing.

    A condition has the name of a column: the row that this refers to must fulfil it.
    A relation takes rows, or the ids of rows.
    """
    with transaction():
        values = with_rows(type(row), values, where)
        lock_references(type(row), values, where)
        for name, value in values.items():
            setattr(row, name, value)
        db.session.add(row)
        db.session.flush()
        forget_related(row, values)
    return row


def delete(row: Base) -> None:
    """Delete a row, softly where its model says so. Raises Conflict if referred to."""
    with transaction():
        if isinstance(row, SoftDelete):
            row.deleted_at = utc_now()
        else:
            db.session.delete(row)
        db.session.flush()  # row lock: no new reference comes while we look
        for name, query in referring(row):
            if db.session.scalar(query.limit(1)) is not None:
                raise Conflict(f"{name} rows refer to it.")


def restore(model: type[Row], **values: Any) -> Row:
    """Bring the deleted row with these values back.

    Raises NotFound, Conflict if there are several, and Invalid if a row that it refers
    to is deleted itself.
    """
    query = sa.select(model).filter_by(**values).execution_options(include_deleted=True)
    query = query.where(model.__table__.c.deleted_at.is_not(None)).limit(2)
    rows = db.session.scalars(query).all()
    if not rows:
        raise NotFound(f"There is no such deleted {model.__name__}.")
    if len(rows) > 1:
        raise Conflict(f"There are several such deleted {model.__name__} rows.")
    row = rows[0]
    keys = {name: getattr(row, name) for name in references(model)}
    return save(row, {"deleted_at": None} | keys)


def change(statement: sa.Update | sa.Delete) -> int:
    """Run a statement that changes many rows; return how many it met."""
    with transaction():
        result: Any = db.session.execute(statement)
    return int(result.rowcount)


def after_commit(job: Callable[..., object], *arguments: Any) -> None:
    """Run a job once the outermost transaction has committed: a mail, a webhook.

    After a rollback it does not run. The answer waits for it; its error is logged and
    fails nothing. A process that ends in between loses it.
    """
    with transaction():
        db.session().info["after_commit"].append(partial(job, *arguments))


def with_rows(
    model: type[Base], values: dict[str, Any], where: dict[str, sa.ColumnElement[bool]]
) -> dict[str, Any]:
    """Return the values with rows in place of the ids of a relation. Raises Invalid."""
    relations, found = sa.inspect(model).relationships, dict(values)
    for name in values.keys() & relations.keys():
        ids = [each for each in values[name] or () if isinstance(each, UUID)]
        target = relations[name].mapper.class_
        query = sa.select(target).where(target.id.in_(ids), where.get(name, sa.true()))
        rows = db.session.scalars(query).all() if ids else []
        if len(rows) < len(set(ids)):
            raise Invalid(f"There is no such {target.__name__}.", name)
        found[name] = list(rows) if ids else values[name]
    return found


def forget_related(row: Base, values: dict[str, Any]) -> None:
    """Foreign keys: let the rows that changed ones refer to be read anew."""
    for relation in sa.inspect(type(row)).relationships:
        changed = any(column.key in values for column in relation.local_columns)
        if changed and relation.key in vars(row):
            db.session.expire(row, [relation.key])


def lock_references(
    model: type[Base], values: dict[str, Any], where: dict[str, sa.ColumnElement[bool]]
) -> None:
    """Lock what foreign keys and collections refer to until the commit. Raises Invalid."""
    for name, target in references(model).items():
        if values.get(name) is not None:
            fulfils = [where[name]] if name in where else []
            lock(target, {values[name]}, name, *fulfils)
    for name, rows in values.items():
        if isinstance(rows, list) and rows and isinstance(rows[0], Base):
            lock(type(rows[0]), {row.id for row in rows}, name)


def lock(
    model: type[Base], ids: set[UUID], field: str, *where: sa.ColumnElement[bool]
) -> None:
    """Lock rows until the commit. Raises Invalid, naming the field, if one is not there."""
    query = locking(model).where(*where) if where else locking(model)
    if len(db.session.scalars(query, {"ids": list(ids)}).all()) < len(ids):
        raise Invalid(f"There is no such {model.__name__}.", field)


@cache
def locking(model: type[Base]) -> sa.Select[UUID]:
    """Return the query that locks the rows with some `ids`, in their order."""
    ids: sa.BindParameter[UUID] = sa.bindparam("ids", expanding=True)
    query = sa.select(model.id).where(model.id.in_(ids)).order_by(model.id)
    return prepare(query.with_for_update(read=True))


@cache
def references(model: type[Base]) -> dict[str, type[Base]]:
    """Return the columns that refer to other models, with those (foreign keys)."""
    models = {mapper.local_table: mapper.class_ for mapper in Base.registry.mappers}
    return {
        column.key: models[key.column.table]
        for column in model.__table__.columns
        for key in column.foreign_keys
        if key.column.table in models
    }
