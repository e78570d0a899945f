{% set declared, passed = (", **options: bool", ", **options") if cookiecutter.auth == "jwt" else ("", "") %}
"""The fields of a resource: what `name:type[:argument][?][:modifier]…` means."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from click import ClickException

INT, BIGINT = 2**31, 2**63
MODIFIERS = ("unique", "index", "max=", "min=", "default=")
# Indexes of MySQL hold 3,072 bytes, four for each character, and the id.
LONGEST_INDEXED = 700


class Refused(ClickException):
    """What cannot be made; the message says why, and what to type instead."""


@dataclass(frozen=True)
class Kind:
    """A type of fields, as scaffold/kinds.toml explains."""

    schema: str
    python: str = ""
    column: str = ""
    samples: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    unique: str = ""
    seed: str = ""
    min: int | None = None
    max: int | None = None
    sized: bool = False
    sortable: bool = False
    indexable: bool = True


def boolean(text: str) -> bool:
    """Read true or false."""
    return {"true": True, "false": False}[text]


def amount(text: str) -> Decimal:
    """Read an amount such as 12.50."""
    if not re.fullmatch(r"[0-9]{1,10}(\.[0-9]{1,2})?", text):
        raise ValueError(text)
    return Decimal(text)


def aware(text: str) -> datetime:
    """Read a time with a timezone."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(text)
    return time


READERS = {  # of defaults
    "bigint": int,
    "bool": boolean,
    "date": date.fromisoformat,
    "datetime": aware,
    "decimal": amount,
    "email": str,
    "float": float,
    "int": int,
    "str": str,
    "text": str,
    "url": str,
}
with Path(__file__).with_name("kinds.toml").open("rb") as _file:
    KINDS = {name: Kind(**kind) for name, kind in tomllib.load(_file).items()}


@dataclass
class Field:
    """One field of a resource."""

    name: str
    type: str
    members: list[str] = field(default_factory=list)  # of an enum
    target: str = ""  # the model that a ref refers to
    optional: bool = False
    unique: bool = False
    index: bool = False
    min: int | None = None
    max: int | None = None
    default: Any = None
{% if cookiecutter.auth == "jwt" %}
    owner: bool = False  # of the row: only this user, and superusers, may touch it
{% endif %}

    @property
    def kind(self) -> Kind:
        """What its type means."""
        return KINDS[self.type]

    @property
    def column(self) -> str:
        """The name of its column."""
        return f"{self.name}_id" if self.target else self.name

    @property
    def enum(self) -> str:
        """The end of the name of its enumeration: `Status`."""
        return "".join(part.capitalize() for part in self.name.split("_"))

    @property
    def sortable(self) -> bool:
        """Whether a list may be sorted by it."""
        indexed = self.kind.indexable and (self.unique or self.index)
        return not self.optional and (
            self.kind.sortable or (indexed and self.kind.python == "str")
        )

    @property
    def filterable(self) -> bool:
        """Whether a list may be filtered by it."""
        chosen = self.type in {"bool", "enum", "ref", "uuid"}
        return chosen or self.unique or self.index


def read(specs: Iterable[str]{{ declared }}) -> list[Field]:
    """Read all fields of a resource. Raises Refused."""
{% if cookiecutter.auth == "jwt" %}
    found = [parse(spec) for spec in specs]
{% else %}
    return [parse(spec) for spec in specs]
{% endif %}
{% if cookiecutter.auth == "jwt" %}
    if options.get("owned"):
        if not any(field.target == "User" for field in found):
            found.append(parse("user:ref:User"))
        users = [f for f in found if f.target == "User"]
        needed = [f for f in users if not f.optional and not f.unique]
        owners = [f for f in needed if f.name == "user"] or needed
        if len(owners) != 1:
            raise Refused("With --owned, the owner is user:ref:User: add that one.")
        owners[0].owner = True
    return found
{% endif %}


def parse(spec: str) -> Field:
    """Read one field. Raises Refused."""
    # A default may have colons of its own.
    head, colon, default = spec.partition(":default=")
    name, kind, *parts = [*head.split(":"), ""][:-1] if ":" in head else (head, "")
    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise Refused(f"{name!r} is not a name: write it like published_on.")
    optional = any(part.endswith("?") for part in (kind, *parts))
    kind, *parts = [part.removesuffix("?") for part in (kind, *parts)]
    if not kind:
        raise Refused(f"{name}: write its type too, as {name}:str.")
    if kind not in KINDS:
        near = get_close_matches(kind, KINDS, 1)
        hint = f" Did you mean {name}:{near[0]}?" if near else ""
        known = ", ".join(KINDS)
        raise Refused(f"{name}: there is no type {kind!r}.{hint} Types: {known}.")
    result = Field(name, kind, optional=optional)
    if kind in {"enum", "ref"}:
        example = "novel,essay" if kind == "enum" else "User"
        if not parts or not parts[0]:
            raise Refused(f"{name}: write {name}:{kind}:{example}.")
        argument = parts.pop(0)
        if kind == "ref":
            result.target = argument
        else:
            result.members = members(name, argument)
    for part in parts:
        modify(result, part)
    check_bounds(result)
    if colon:
        set_default(result, default.removesuffix("?"))
    return result


def members(name: str, argument: str) -> list[str]:
    """Return the values of an enumeration. Raises Refused."""
    found = argument.split(",")
    for value in found:
        if not re.fullmatch("[a-z][a-z0-9_-]{0,49}", value):
            raise Refused(
                f"{name}: {value!r} is not a value: use lower case, digits, - and _."
            )
    if len({value.replace("-", "_") for value in found}) < len(found):
        raise Refused(f"{name}: a value is there twice.")
    return found


def modify(result: Field, part: str) -> None:
    """Apply one modifier. Raises Refused."""
    name, kind = result.name, result.kind
    key, equals, value = part.partition("=")
    if part in {"unique", "index"}:
        if not kind.indexable or (part == "unique" and not kind.unique + result.target):
            raise Refused(f"{name}: {result.type} cannot be {part}.")
        setattr(result, part, True)
    elif equals and key in {"min", "max"}:
        if kind.max is None:
            raise Refused(f"{name}: {result.type} has no {key}.")
        if not re.fullmatch("-?[0-9]{1,19}", value):
            raise Refused(f"{name}: {key} must be a whole number: {key}=80.")
        setattr(result, key, int(value))
    else:
        near = get_close_matches(key, ["unique", "index", "min", "max", "default"], 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise Refused(
            f"{name}: there is no modifier {part!r}.{hint} "
            f"Modifiers: {', '.join(MODIFIERS)}…"
        )


def check_bounds(result: Field) -> None:
    """Fill in the bounds of the type. Raises Refused."""
    low, high = result.kind.min, result.kind.max
    if high is None:
        return
    lowest = low if low is not None else 0
    smallest = 0 if result.kind.sized else lowest
    for key in ("min", "max"):
        value = getattr(result, key)
        if value is not None and not smallest <= value <= (
            10_000 if result.kind.sized else high
        ):
            raise Refused(f"{result.name}: {key}={value} is out of range.")
    result.min = low if result.min is None else result.min
    result.max = high if result.max is None else result.max
    if result.min is not None and result.min > result.max:
        raise Refused(f"{result.name}: min is more than max.")
    if result.kind.sized and result.max > LONGEST_INDEXED:
        if result.unique or result.index:
            raise Refused(
                f"{result.name}: an index takes {LONGEST_INDEXED} characters: "
                f"add max={LONGEST_INDEXED} or less."
            )
        if result.type == "str":
            raise Refused(f"{result.name}: use {result.name}:text for long texts.")


def set_default(result: Field, text: str) -> None:
    """Read the default. Raises Refused."""
    name, kind = result.name, result.kind
    if result.type != "enum" and result.type not in READERS:
        raise Refused(f"{name}: {result.type} takes no default.")
    if result.unique:
        raise Refused(f"{name}: two rows with the default would not be unique.")
    try:
        value = text if result.type == "enum" else READERS[result.type](text)
        size = len(value) if kind.sized else value
        fits = text in result.members if result.type == "enum" else True
        if result.max is not None:
            fits = (result.min or -BIGINT) <= size <= result.max
        if result.type == "email":
            fits = bool(re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text))
        if result.type == "url":
            fits = text.startswith(("http://", "https://"))
    except (ValueError, KeyError):
        fits = False
    if not fits:
        raise Refused(f"{name}: {text!r} is not a good default for {result.type}.")
    result.default = value
