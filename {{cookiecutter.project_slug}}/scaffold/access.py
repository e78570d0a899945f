"""Authorization: who may read and write rows, by --owned and --public-read."""

from types import SimpleNamespace
from typing import Any

from scaffold import Refused, records
from scaffold.fields import Field, parse, parse_all
from scaffold.names import Names


class Owner(Field):
    """The user whose row it is: only this one, and superusers, may touch it."""

    required = False  # when it is left out, it is the caller


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
    return [Owner(**vars(f)) if f in owners else f for f in fields]


def recorded_owner(ref: Field) -> Field | None:
    """Return the owner of the rows that a ref refers to, as their record says."""
    record = records.read_all().get(ref.refers_to)
    fields = with_owner(parse_all(record), record) if record else []
    return next((field for field in fields if isinstance(field, Owner)), None)


def make_access(
    names: Names, fields: list[Field], definition: dict[str, Any]
) -> SimpleNamespace:
    """Return what the templates print of who may do what."""
    owner = next((field for field in fields if isinstance(field, Owner)), None)
    refs = [field for field in fields if owner and field.target]
    owners = {r.column: owner if r.target == names else recorded_owner(r) for r in refs}
    plain = [field for field in fields if owner and not field.target]
    return SimpleNamespace(
        public_read=definition.get("options", {}).get("public_read", False),
        owner=owner,  # of a row; None where superusers write all rows
        # of the rows that it refers to, by column
        owners={column: field for column, field in owners.items() if field},
        example=[field for field in plain if field.required],  # what callers must send
    )
