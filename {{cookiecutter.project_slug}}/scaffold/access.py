"""Authorization: who may read and write rows, by --owned and --public-read."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from scaffold import records
from scaffold.errors import Refused
from scaffold.fields import Field, parse, parse_all

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
