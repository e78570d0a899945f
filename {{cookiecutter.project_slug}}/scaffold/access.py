"""Authorization: who may read and write rows, by --owned and --public-read."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from scaffold import Refused, records
from scaffold.fields import Field, parse, parse_all
from scaffold.names import Names


def with_owner(fields: list[Field], definition: dict[str, Any]) -> list[Field]:
    """Mark the owner, with --owned, and add it where there is none. Raises Refused."""
    if not definition.get("options", {}).get("owned"):
        return fields
    if not any(field.refers_to == "User" for field in fields):
        fields = [*fields, parse("user:ref:User", definition["model"])]
    users = [f for f in fields if f.refers_to == "User"]
    needed = [f for f in users if not f.optional and not f.unique]
    owners = [f for f in needed if f.name == "user"] or needed
    if len(owners) != 1:
        raise Refused("With --owned, the owner is user:ref:User: add that one.")
    return [replace(f, owner=f in owners) for f in fields]


def recorded_owner(ref: Field) -> Field | None:
    """Return the owner of the rows that a ref refers to, as their record says."""
    record = records.read_all().get(ref.refers_to)
    fields = with_owner(parse_all(record), record) if record else []
    return next((field for field in fields if field.owner), None)


def make_access(
    names: Names, fields: list[Field], definition: dict[str, Any]
) -> SimpleNamespace:
    """Return what the templates print of who may do what."""
    owner = next((field for field in fields if field.owner), None)
    refs = [field for field in fields if owner and field.target]
    found = {r.column: owner if r.target == names else recorded_owner(r) for r in refs}
    owners = {column: field for column, field in found.items() if field}
    public = definition.get("options", {}).get("public_read", False)
    for field in fields:
        if field.nested and field is not owner and field.column not in owners:
            check_nested(field, public)
    return SimpleNamespace(
        public_read=public,
        owner=owner,  # of a row; None where superusers write all rows
        owners=owners,  # of the rows that it refers to, by column
    )


def check_nested(field: Field, public: bool) -> None:
    """Refuse to show rows to those who may not read them alone. Raises Refused."""
    theirs = records.read_all().get(field.refers_to, {}).get("options", {})
    closed = field.refers_to == "User" or "owned" in theirs
    if closed or (public and "public_read" not in theirs):
        raise Refused(f"{field.name}: not for all who read {field.model}: not nested.")
