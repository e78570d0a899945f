"""Repository: reads and writes rows, with the rules that hold for every table."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.base import ExecutableOption

from app.core.data.base import Base, Row, utc_now
from app.core.data.session import db, transaction
from app.core.data.soft_delete import SoftDelete
from app.core.errors import Conflict, Invalid, NotFound


def get(
    model: type[Row],
    *where: sa.ColumnElement[bool],
    options: Iterable[ExecutableOption] = (),
    **values: Any,
) -> Row:
    """Return the one row that fulfils this and has these values. Raises NotFound.

    `options` load related rows along with it: `[selectinload(Order.user)]`.
    """
    query = sa.select(model).options(*options).where(*where).filter_by(**values)
    row = db.session.scalar(query)
    if row is None:
        raise NotFound(f"{model.__name__} not found.")
    return row


def save(row: Row, values: dict[str, Any], **where: sa.ColumnElement[bool]) -> Row:
    """Set the values, and store the row. Raises Invalid for a reference to nothing.

    A condition has the name of a column: the row that this refers to must fulfil it.
    """
    with transaction():
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
        for model, name, target in references():
            if target is type(row):
                referring = sa.select(model.id).filter_by(**{name: row.id}).limit(1)
                if db.session.scalar(referring) is not None:
                    raise Conflict(f"{model.__name__} rows refer to it.")


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


def forget_related(row: Base, values: dict[str, Any]) -> None:
    """Foreign keys: let the rows that changed ones refer to be read anew."""
    for relation in sa.inspect(type(row)).relationships:
        changed = any(column.key in values for column in relation.local_columns)
        if changed and relation.key in vars(row):
            db.session.expire(row, [relation.key])


def lock_references(
    model: type[Base], values: dict[str, Any], where: dict[str, sa.ColumnElement[bool]]
) -> None:
    """Foreign keys: lock what is referred to until the commit. Raises Invalid."""
    for referring, name, target in references():
        if referring is model and values.get(name) is not None:
            row = sa.select(target.id).filter_by(id=values[name])
            row = row.where(where.get(name, sa.true()))
            if db.session.scalar(row.with_for_update(read=True)) is None:
                raise Invalid(f"There is no such {target.__name__}.", name)


def references() -> Iterator[tuple[type[Base], str, type[Base]]]:
    """Yield each model and column that refers to another model, and that other one."""
    models = {mapper.local_table: mapper.class_ for mapper in Base.registry.mappers}
    for table, model in models.items():
        for column in table.columns:
            for key in column.foreign_keys:
                yield model, column.key, models[key.column.table]
