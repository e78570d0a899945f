"""Authorization: who may read and write rows, by --owned and --public-read."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from scaffold import records
from scaffold.fields import Field, Refused, parse, parse_all

if TYPE_CHECKING:
    from scaffold.resource import Resource

OWNED = "Let users see and change their own rows."


def options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command --owned and --public-read; it gets those chosen as `options`."""

    @click.option("--owned", is_flag=True, help=OWNED)
    @click.option("--public-read", is_flag=True, help="Let everybody read.")
    @wraps(command)
    def with_options(owned: bool, public_read: bool, **given: Any) -> None:
        if owned and public_read:
            raise click.UsageError("Choose --owned or --public-read.")
        flags = {"owned": owned, "public_read": public_read}
        chosen = {name: True for name, value in flags.items() if value}
        command(**given, **({"options": chosen} if chosen else {}))

    return with_options


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


def owner_of(fields: list[Field]) -> Field | None:
    """Return the owner of a row, None where rows have none."""
    return next((field for field in fields if isinstance(field, Owner)), None)


def recorded_owner(ref: Field) -> Field | None:
    """Return the owner of the rows that a ref refers to, as their record says."""
    record = records.read_all().get(ref.refers_to)
    return owner_of(with_owner(parse_all(record), record)) if record else None


@dataclass(frozen=True)
class Access:
    """What the templates print of who may do what."""

    public_read: bool
    owner: Field | None  # of a row; None where superusers write all rows
    owners: dict[str, Field]  # of the rows that it refers to, by column
    example: list[Field]  # what the caller must send for a new row


def make_access(resource: "Resource") -> Access:
    """Return who may do what with a resource."""
    public_read = resource.definition.get("options", {}).get("public_read", False)
    owner = owner_of(resource.fields)
    if owner is None:
        return Access(public_read, None, {}, [])
    owners = {
        ref.column: owner if ref.target == resource.names else recorded_owner(ref)
        for ref in resource.refs
    }
    owners = {column: field for column, field in owners.items() if field}
    example = [field for field in resource.plain if field.required]
    return Access(public_read, owner, owners, example)


def extra_templates(resource: "Resource") -> dict[str, str]:
    """Return the files that other resources do not have, and their templates."""
    path = f"tests/{resource.names.plural}/public_operations.txt"
    is_public = make_access(resource).public_read
    return {path: "public_operations.txt"} if is_public else {}
