"""Parsing of the fields of a resource: `name:type[:argument][?][:modifier]...`."""

import re
import tomllib
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from inflection import camelize, singularize
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from marshmallow import ValidationError
from marshmallow.validate import Length, OneOf, Range

from app.core.web import fields as schema_fields
from scaffold import Refused
from scaffold.names import Names

LONGEST = 10_000  # of lengths
# Indexes of MySQL hold 3,072 bytes, four for each character, and the id.
LONGEST_INDEXED = 700
MODIFIER = "(unique|index|search|nested|readonly|(min|max)=[^:]*)"
_TOML = tomllib.loads(Path(__file__).with_name("field_types.toml").read_text("utf-8"))
_REST = {"min": None, "max": None} | _TOML.pop("every")
TYPES = {n: SimpleNamespace(**_REST | {"name": n} | t) for n, t in _TOML.items()}

# Of scaffold/templates/ and of the code in scaffold/field_types.toml.
ENVIRONMENT = Environment(
    block_start_string="<%",
    block_end_string="%>",
    variable_start_string="<<",
    variable_end_string=">>",
    undefined=StrictUndefined,
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    trim_blocks=True,
    keep_trailing_newline=True,
)
ENVIRONMENT.filters["repr"] = repr


@dataclass(frozen=True)
class Field:
    """One field of a resource."""

    model: str  # which has it
    name: str
    type: SimpleNamespace  # scaffold/field_types.toml explains it
    optional: bool = False
    members: tuple[str, ...] = ()  # of an enum
    refers_to: str = ""  # the model of a ref
    target: Names | None = None  # the names of that model, once they are known
    unique: bool = False
    index: bool = False
    search: bool = False
    nested: bool = False  # answers hold the rows that it refers to
    readonly: bool = False  # what services set, and no request
    owner: bool = False  # the user whose row it is: the caller, when it is left out
    min: int | None = None
    max: int | None = None
    default: Any = None

    def code(self, key: str) -> Any:
        """Return what field_types.toml says, for this field: `seed`, `samples`."""
        text = getattr(self.type, key)
        if isinstance(text, list):
            return [ENVIRONMENT.from_string(each).render(field=self) for each in text]
        return ENVIRONMENT.from_string(text).render(field=self)

    @property
    def column(self) -> str:
        """The name of its column."""
        return f"{self.name}_id" if self.type.name == "ref" else self.name

    @property
    def enum(self) -> str:
        """The class of an enum: OrderStatus."""
        return self.model + camelize(self.name)

    @property
    def required(self) -> bool:
        """Whether a request for a new row must have it."""
        free = self.optional or self.type.many or self.owner
        return not free and self.default is None

    @property
    def indexed(self) -> bool:
        """Whether it was asked for an index."""
        return self.type.indexable and (self.unique or self.index)

    @property
    def sortable(self) -> bool:
        """Whether a list may be sorted by it."""
        by_index = self.indexed and self.type.python == "str"
        return not self.optional and (self.type.sortable or by_index)

    @property
    def filterable(self) -> bool:
        """Whether a list may be filtered by it."""
        return self.indexed or self.type.name in {"bool", "enum", "many", "ref", "uuid"}

    @property
    def ranges(self) -> dict[str, str]:
        """The filters of ranges, where an index helps: `due_after`, `due_on__after`."""
        of_times = "after" in self.type.range
        stem = re.sub("_(at|on)$", "", self.name) if of_times else self.name
        ends = self.type.range if self.sortable or self.indexed else []
        return {f"{stem}_{end}": f"{self.name}__{end}" for end in ends}

    def near(self, value: int) -> int:
        """Return what its bounds allow that is nearest to a value."""
        return max(self.min or 0, min(value, self.max))


def parse_all(definition: dict[str, Any]) -> list[Field]:
    """Read the fields of a resource, or of its record. Raises Refused."""
    return [parse(spec, definition["model"]) for spec in definition["fields"]]


def parse(spec: str, model: str) -> Field:
    """Read one field. Raises Refused."""
    # A default may have colons of its own, and modifiers behind it.
    head, has_default, rest = spec.partition(":default=")
    default = re.sub(f"(:{MODIFIER})*$", "", rest)
    name, *parts = (head + rest.removeprefix(default)).split(":")
    if not re.fullmatch("[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise Refused(f"{name!r} is not a name: write it like published_on.")
    optional = any(part.endswith("?") for part in parts)
    type_name, *parts = [part.removesuffix("?") for part in parts] or [""]
    type_ = find_type(name, type_name)
    field = Field(model, name, type_, optional, min=type_.min, max=type_.max)
    if type_name in {"ref", "many"}:  # to what its name says, if it names no model
        named = parts and parts[0][:1].isupper()
        target = parts.pop(0) if named else camelize(singularize(name))
        field = replace(field, refers_to=model if target == "Self" else target)
    if type_name == "enum":
        argument = parts.pop(0) if parts else ""
        field = replace(field, members=read_members(name, argument))
    for part in parts:
        field = with_modifier(field, part)
    check_bounds(field)
    if has_default:
        field = with_default(field, default.removesuffix("?"))
    if field.readonly and field.required:
        raise Refused(f"{name}: no request sets it, so add ? or a default.")
    return field


def find_type(name: str, type_name: str) -> SimpleNamespace:
    """Return the type of a field. Raises Refused."""
    if not type_name:
        raise Refused(f"{name}: write its type too, as {name}:str.")
    if type_name not in TYPES:
        hint = "".join(get_close_matches(type_name, TYPES, 1))
        hint = f" Did you mean {name}:{hint}?" if hint else ""
        text = f"{name}: there is no type {type_name!r}.{hint}"
        raise Refused(f"{text} Types: {', '.join(TYPES)}.")
    return TYPES[type_name]


def read_members(name: str, argument: str) -> tuple[str, ...]:
    """Read the values of an enum. Raises Refused."""
    if not argument:
        raise Refused(f"{name}: write {name}:enum:novel,essay.")
    members = tuple(argument.split(","))
    for value in members:
        if not re.fullmatch("[a-z][a-z0-9_-]{0,49}", value):
            text = f"{name}: {value!r} is not a value: "
            raise Refused(f"{text}use lower case, digits, - and _.")
    if len({value.replace("-", "_") for value in members}) < len(members):
        raise Refused(f"{name}: a value is there twice.")
    return members


def with_modifier(field: Field, part: str) -> Field:
    """Apply one modifier. Raises Refused."""
    key, equals, value = part.partition("=")
    if equals and key in {"min", "max"}:
        return with_bound(field, key, value)
    can_be = {
        "unique": field.type.indexable and (field.type.new or field.refers_to),
        "index": field.type.indexable,
        "search": field.type.python == "str",
        "nested": field.refers_to,
        "readonly": True,
    }
    if part not in can_be:
        near = get_close_matches(key, [*can_be, "max", "min", "default"], 1)
        text = f"{field.name}: there is no modifier {part!r}."
        text += f" Did you mean {near[0]}?" if near else ""
        raise Refused(f"{text} Modifiers: {', '.join(can_be)}, max=, min=, default=…")
    if not can_be[part]:
        raise Refused(f"{field.name}: {field.type.name} cannot be {part}.")
    return replace(field, **{part: True})


def with_bound(field: Field, key: str, value: str) -> Field:
    """Set min or max. Raises Refused."""
    if field.type.max is None:
        raise Refused(f"{field.name}: {field.type.name} has no {key}.")
    low, high = (0, LONGEST) if field.type.sized else (field.type.min, field.type.max)
    if not re.fullmatch("-?[0-9]{1,19}", value) or not low <= int(value) <= high:
        raise Refused(f"{field.name}: {key} is a whole number from {low} to {high}.")
    return replace(field, **{key: int(value)})


def check_bounds(field: Field) -> None:
    """Refuse bounds that cannot be. Raises Refused."""
    if None not in (field.min, field.max) and field.min > field.max:
        raise Refused(f"{field.name}: min is more than max.")
    if field.type.sized and field.max > LONGEST_INDEXED:
        if field.indexed:
            text = f"{field.name}: an index takes {LONGEST_INDEXED} characters: "
            raise Refused(f"{text}add max={LONGEST_INDEXED} or less.")
        if field.type.name == "str":
            raise Refused(f"{field.name}: use {field.name}:text for long texts.")


def with_default(field: Field, text: str) -> Field:
    """Read the default as a request would be read. Raises Refused."""
    name, type_ = field.name, field.type
    if not type_.default:
        raise Refused(f"{name}: {type_.name} takes no default.")
    if field.unique:
        raise Refused(f"{name}: two rows with the default would not be unique.")
    make = getattr(schema_fields, type_.schema.removeprefix("fields."))
    validate: Any = (Length if type_.sized else Range)(field.min, field.max)
    if field.members:
        make, validate = schema_fields.String, OneOf(field.members)
    value = {"true": True, "false": False}.get(text) if type_.name == "bool" else text
    try:
        return replace(field, default=make(validate=validate).deserialize(value))
    except ValidationError:
        text = f"{name}: {text!r} is not a good default for {type_.name}."
        raise Refused(text) from None
