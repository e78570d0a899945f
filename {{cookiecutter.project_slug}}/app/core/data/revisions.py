"""Completes migrations that were written: the rows of a table stay, and are filled."""

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy.sql.elements import conv

from app.core.data.base import Base

# What fills a column that comes back when a migration is undone: its values are lost.
EMPTY: dict[type, Any] = {str: "", bool: False, int: 0, float: 0.0, Decimal: Decimal(0)}
EMPTY |= {date: date(1970, 1, 1), datetime: datetime(1970, 1, 1, tzinfo=UTC)}
NO_DEFAULT = """{}.{} is NOT NULL and has no default: rows that are there cannot get it.
Give the model a default, remove this migration, and write it anew."""
RENAMED = """{}: {} goes and {} comes, of the same type: the migration renames it, and
keeps its values. If they are two things, write drop_column and add_column instead."""
UNSURE = """{}: {} go and {} come, of the same type. The values of a column that has only
another name are lost, unless you write: alter_column("…", new_column_name="…")"""


def complete(context: MigrationContext, revision: Any) -> list[str]:
    """Rename columns, fill new ones, let checks go along; return what to tell."""
    told, names = list[str](), dict[str, dict[str, str]]()
    for op in revision.upgrade_ops.ops:
        if isinstance(op, ops.ModifyTableOps):
            names[op.table_name] = find_renames(context, op, told)
    for way, up in ((revision.upgrade_ops, True), (revision.downgrade_ops, False)):
        steps = list[Any]()
        for op in way.ops:
            if isinstance(op, ops.ModifyTableOps):
                table = Table(context.connection, op, names[op.table_name], up)
                steps += table.steps()
                told += table.told if up else []
            else:
                steps.append(op)
        way.ops = steps
    return told


def find_renames(
    context: MigrationContext, table: Any, told: list[str]
) -> dict[str, str]:
    """Return the new and the old name of the column that seems to have another one."""
    drops = [op.to_column() for op in table.ops if isinstance(op, ops.DropColumnOp)]
    adds = [op.column for op in table.ops if isinstance(op, ops.AddColumnOp)]
    alike = [
        (old.name, new.name)
        for old in drops
        for new in adds
        if old.nullable == new.nullable and not context.impl.compare_type(old, new)
    ]
    if alike:
        names = (", ".join(sorted(set(each))) for each in zip(*alike, strict=True))
        text = RENAMED if len(alike) == 1 else UNSURE
        told.append(text.format(table.table_name, *names))
    return {new: old for old, new in alike} if len(alike) == 1 else {}


class Table:
    """The changes of one table, in `upgrade()` or, with `up` False, in `downgrade()`."""

    def __init__(self, bind: Any, op: Any, names: dict[str, str], up: bool) -> None:
        self.bind, self.name, self.up = bind, op.table_name, up
        self.old_names = names if up else {old: new for new, old in names.items()}
        # SQLite makes the table anew in each step, by the names that columns then have.
        self.first, self.renames, self.changes = list[Any](), list[Any](), list[Any]()
        self.fills, self.required, self.told = list[Any](), list[Any](), list[str]()
        for each in op.ops:
            self.take(each)

    def steps(self) -> list[Any]:
        """Return the operations in their order."""
        # MySQL drops no index that a foreign key needs.
        self.first.sort(key=lambda op: vars(op).get("constraint_type") != "foreignkey")
        first, renames, changes, required = (
            [ops.ModifyTableOps(self.name, each)] if each else []
            for each in (self.first, self.renames, self.changes, self.required)
        )
        return [*first, *renames, *changes, *self.fills, *required]

    def take(self, op: Any) -> None:
        """Put an operation where it belongs."""
        if isinstance(op, ops.AddColumnOp):
            self.add(op)
        elif isinstance(op, ops.DropColumnOp):
            for name, _ in self.checks(op.column_name, of_model=not self.up):
                drop = ops.DropConstraintOp(conv(name), self.name, "check")
                self.first.append(drop)
            if op.column_name not in self.old_names.values():
                self.changes.append(op)
        elif isinstance(op, ops.DropIndexOp | ops.DropConstraintOp):
            self.first.append(op)
        elif isinstance(op, ops.AlterColumnOp) and op.modify_nullable is False:
            self.fill(Base.metadata.tables[self.name].c[op.column_name])
            self.required.append(op)
        else:
            self.changes.append(op)

    def add(self, op: ops.AddColumnOp) -> None:
        """Add a column, which is filled before it is NOT NULL, or rename the old one."""
        column, old = op.column, self.old_names.get(op.column.name)
        required = not column.nullable and column.server_default is None
        alter = ops.AlterColumnOp(self.name, old or column.name)
        alter.existing_type, alter.existing_nullable = column.type, column.nullable
        if old:
            alter.modify_name = column.name
            self.renames.append(alter)
        elif required and self.fill(column):
            alter.modify_nullable = False
            empty = sa.Column(column.name, column.type, nullable=True)
            self.changes.append(ops.AddColumnOp(self.name, empty))
            self.required.append(alter)
        else:
            self.changes.append(op)
        if old or not self.up:  # else Enum makes its own
            for name, text in self.checks(column.name, of_model=self.up):
                args = conv(name), self.name, sa.text(text)
                self.changes.append(ops.CreateCheckConstraintOp(*args))

    def fill(self, column: sa.Column[Any]) -> bool:
        """Give rows the default of a column; tell whether it has one."""
        value, kind = self.value(column), column.type
        if value is None:
            self.told.append(NO_DEFAULT.format(self.name, column.name))
            return False
        if isinstance(kind, sa.JSON):  # which has no literals
            kind, value = sa.Text(), json.dumps(value)
{% if cookiecutter.database == "mysql" %}
        if isinstance(value, datetime):  # MySQL knows no time zone
            kind, value = sa.DateTime(), value.astimezone(UTC).replace(tzinfo=None)
{% endif %}
        target: Any = sa.column(column.name, kind)
        update = sa.update(sa.table(self.name, target)).where(target.is_(None))
        self.fills.append(ops.ExecuteSQLOp(self.text(update.values({target: value}))))
        return True

    def value(self, column: sa.Column[Any]) -> Any:
        """Return the default of a column; one that comes back has that of its type."""
        default: Any = column.default
        if default is not None and (default.is_scalar or default.is_callable):
            return default.arg(None) if default.is_callable else default.arg
        if self.up or column.foreign_keys:
            return None
        for _, condition in self.checks(column.name):
            return re.findall("'([^']*)'", condition)[0]
        if isinstance(column.type, sa.JSON):
            return {}
        return EMPTY.get(column.type.python_type)

    def checks(self, column: str, of_model: bool = False) -> list[tuple[str, str]]:
        """Return the names and conditions of checks, in a model or in the database."""
        if not of_model:
            found = sa.inspect(self.bind).get_check_constraints(self.name)
            named = [(str(check["name"]), check["sqltext"]) for check in found]
            return [each for each in named if re.search(rf"\b{column}\b", each[1])]
        kind: Any = Base.metadata.tables[self.name].c[column]
        values = getattr(kind.type, "enums", None)
        condition = self.text(sa.column(column).in_(values)) if values else ""
        return [
            (str(check.name), condition)
            for check in kind.table.constraints
            if isinstance(check, sa.CheckConstraint) and kind in list(check.columns)
        ]

    def text(self, statement: Any) -> str:
        """Return a statement with its values for `op.execute`, which reads `:name`."""
        options = {"literal_binds": True, "render_postcompile": True}
        dialect = self.bind.dialect
        text = str(statement.compile(dialect=dialect, compile_kwargs=options))
        if dialect.paramstyle in {"format", "pyformat"}:
            text = text.replace("%%", "%")
        return re.sub(r"(?<![:\w]):(?=\w)", r"\\:", text)
