"""Foreign keys: which rows refer to which, and whose the rows of an association table are."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import sort_tables_and_constraints

from app.core.data.base import Base


def break_cycles() -> None:
    """Of tables that refer to each other, let the keys that may be NULL come last.

    `metadata.sorted_tables` cannot sort them otherwise (`use_alter` of SQLAlchemy).
    """
    sort: Any = sort_tables_and_constraints
    for table, keys in sort(Base.metadata.tables.values(), filter_fn=is_needed):
        for key in keys if table is None else ():
            key.use_alter = True


def is_needed(key: sa.ForeignKeyConstraint) -> bool | None:
    """Return False, as SQLAlchemy wants it, for a key that must be there at once."""
    return None if any(column.nullable for column in key.columns) else False


def owners() -> dict[Any, type[Base]]:
    """Return the columns of association tables that refer to an owner, and its model.

    It is the model with the relationship; one that only reads is `viewonly=True`.
    """
    return {
        column: mapper.class_
        for mapper in Base.registry.mappers
        for relation in mapper.relationships
        if relation.secondary is not None and not relation.viewonly
        for _, column in relation.synchronize_pairs
    }


def keys_to(table: Any) -> Iterator[sa.ForeignKey]:
    """Yield each key that refers to a table, but for those of an owner's own rows."""
    own = owners()
    for other in Base.metadata.sorted_tables:
        for key in other.foreign_keys:
            if key.column.table is table and key.parent not in own:
                yield key


def referring(row: Base) -> Iterator[tuple[str, sa.Select[Any]]]:
    """Yield what may refer to a row, by its name, and the query for such rows.

    For an association table, that is its owner.
    """
    models = {mapper.local_table: mapper.class_ for mapper in Base.registry.mappers}
    own = owners()
    for key in keys_to(row.__table__):
        other, refers = key.parent.table, key.parent == row.id
        owner = next((column for column in other.columns if column in own), None)
        if other in models:
            yield models[other].__name__, sa.select(models[other].id).where(refers)
        elif owner is not None:
            model = own[owner]
            yield model.__name__, sa.select(model.id).where(model.id == owner, refers)
        else:
            yield other.name, sa.select(key.parent).where(refers)
