"""Parsing of the fields of a resource: `name:type[:argument][?][:modifier]...`."""

import re
import tomllib
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marshmallow import ValidationError
from marshmallow.validate import Length, OneOf, Range

from app.core.web import fields as schema_fields
from scaffold.errors import Refused

if TYPE_CHECKING:  # every command imports this, and must not wait for names
    from scaffold.names import Names

MODIFIERS = ("unique", "index", "search", "max=", "min=", "default=")
LONGEST = 10_000  # of lengths
# Indexes of MySQL hold 3,072 bytes, four for each character, and the id.
LONGEST_INDEXED = 700


@dataclass(frozen=True)
class FieldType:
    """A type of fields; scaffold/field_types.toml explains its keys."""

    name: str
    python: str
    schema: str
    argument: str = ""
    column: str = ""
    default: str = ""
    samples: tuple[str, ...] = ()
    new: str = ""
    seed: str = ""
    wrong: tuple[str, ...] = ()
    min: int | None = None
    max: int | None = None
    sized: bool = False
    sortable: bool = False
    range: tuple[str, ...] = ()
    indexable: bool = True


_TOML = Path(__file__).with_name("field_types.toml").read_text("utf-8")
TYPES = {name: FieldType(name, **kv) for name, kv in tomllib.loads(_TOML).items()}


@dataclass(frozen=True)
class Field:
    """One field of a resource."""

    model: str  # which has it
    name: str
    type: FieldType
    optional: bool = False
    members: tuple[str, ...] = ()  # of an enum
    refers_to: str = ""  # the model of a ref
    target: "Names | None" = None  # the names of that model, once they are known
    unique: bool = False
    index: bool = False
    search: bool = False
    min: int | None = None
    max: int | None = None
    default: Any = None

    @property
    def column(self) -> str:
        """The name of its column."""
        return f"{self.name}_id" if self.refers_to else self.name

    @property
    def enum(self) -> str:
        """The class of an enum: OrderStatus."""
        return self.model + "".join(part.capitalize() for part in self.name.split("_"))

    @property
    def required(self) -> bool:
        """Whether a request for a new row must have it."""
        return not self.optional and self.default is None

    @property
    def sortable(self) -> bool:
        """Whether a list may be sorted by it."""
        indexed = self.type.indexable and (self.unique or self.index)
        by_index = indexed and self.type.python == "str"
        return not self.optional and (self.type.sortable or by_index)

    @property
    def filterable(self) -> bool:
        """Whether a list may be filtered by it."""
        chosen = self.type.name in {"bool", "enum", "ref", "uuid"}
        return chosen or self.unique or self.index

    @property
    def ranges(self) -> dict[str, str]:
        """The filters of ranges, where an index helps: `due_after`, `due_on__after`."""
        if not (self.sortable or self.unique or self.index):
            return {}
        is_time = "after" in self.type.range
        stem = re.sub("_(at|on)$", "", self.name) if is_time else self.name
        return {f"{stem}_{end}": f"{self.name}__{end}" for end in self.type.range}

    def near(self, value: int) -> int:
        """Return what its bounds allow that is nearest to a value."""
        return max(self.min or 0, min(value, self.max))


def parse_all(definition: dict[str, Any]) -> list[Field]:
    """Read the fields of a resource, or of its record. Raises Refused."""
    return [parse(spec, definition["model"]) for spec in definition["fields"]]


def parse(spec: str, model: str) -> Field:
    """Read one field. Raises Refused."""
    # A default may have colons of its own.
    head, has_default, default = spec.partition(":default=")
    name, *parts = head.split(":")
    if not re.fullmatch("[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise Refused(f"{name!r} is not a name: write it like published_on.")
    optional = any(part.endswith("?") for part in parts)
    type_name, *parts = [part.removesuffix("?") for part in parts] or [""]
    type_ = find_type(name, type_name)
    field = Field(model, name, type_, optional, min=type_.min, max=type_.max)
    if type_name in {"enum", "ref"}:
        field = with_argument(field, parts.pop(0) if parts else "")
    for part in parts:
        field = with_modifier(field, part)
    check_bounds(field)
    return with_default(field, default.removesuffix("?")) if has_default else field


def find_type(name: str, type_name: str) -> FieldType:
    """Return the type of a field. Raises Refused."""
    if not type_name:
        raise Refused(f"{name}: write its type too, as {name}:str.")
    if type_name not in TYPES:
        near = get_close_matches(type_name, TYPES, 1)
        hint = f" Did you mean {name}:{near[0]}?" if near else ""
        known = ", ".join(TYPES)
        raise Refused(f"{name}: there is no type {type_name!r}.{hint} Types: {known}.")
    return TYPES[type_name]


def with_argument(field: Field, argument: str) -> Field:
    """Set the members of an enum, or the model that a ref refers to. Raises Refused."""
    is_ref = field.type.name == "ref"
    if not argument:
        example = "ref:User" if is_ref else "enum:novel,essay"
        raise Refused(f"{field.name}: write {field.name}:{example}.")
    if is_ref:
        return replace(field, refers_to=argument)
    return replace(field, members=read_members(field.name, argument))


def read_members(name: str, argument: str) -> tuple[str, ...]:
    """Read the values of an enum. Raises Refused."""
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
    if part not in {"unique", "index", "search"}:
        near = get_close_matches(key, [known.rstrip("=") for known in MODIFIERS], 1)
        text = f"{field.name}: there is no modifier {part!r}."
        text += f" Did you mean {near[0]}?" if near else ""
        raise Refused(f"{text} Modifiers: {', '.join(MODIFIERS)}…")
    can_be = {
        "unique": field.type.indexable and (field.type.new or field.refers_to),
        "index": field.type.indexable,
        "search": field.type.python == "str",
    }
    if not can_be[part]:
        raise Refused(f"{field.name}: {field.type.name} cannot be {part}.")
    return replace(field, **{part: True})


def with_bound(field: Field, key: str, value: str) -> Field:
    """Set min or max. Raises Refused."""
    if field.type.max is None:
        raise Refused(f"{field.name}: {field.type.name} has no {key}.")
    if not re.fullmatch("-?[0-9]{1,19}", value):
        raise Refused(f"{field.name}: {key} must be a whole number: {key}=80.")
    low, high = (0, LONGEST) if field.type.sized else (field.type.min, field.type.max)
    if not low <= int(value) <= high:
        raise Refused(f"{field.name}: {key}={value} is out of range.")
    return replace(field, **{key: int(value)})


def check_bounds(field: Field) -> None:
    """Refuse bounds that cannot be. Raises Refused."""
    name = field.name
    if None not in (field.min, field.max) and field.min > field.max:
        raise Refused(f"{name}: min is more than max.")
    if field.type.sized and field.max > LONGEST_INDEXED:
        if field.unique or field.index:
            text = f"{name}: an index takes {LONGEST_INDEXED} characters: "
            raise Refused(f"{text}add max={LONGEST_INDEXED} or less.")
        if field.type.name == "str":
            raise Refused(f"{name}: use {name}:text for long texts.")


def with_default(field: Field, text: str) -> Field:
    """Read the default as a request would be read. Raises Refused."""
    name, type_ = field.name, field.type
    if not type_.default:
        raise Refused(f"{name}: {type_.name} takes no default.")
    if field.unique:
        raise Refused(f"{name}: two rows with the default would not be unique.")
    value = {"true": True, "false": False}.get(text) if type_.name == "bool" else text
    try:
        return replace(field, default=schema_field(field).deserialize(value))
    except ValidationError:
        text = f"{name}: {text!r} is not a good default for {type_.name}."
        raise Refused(text) from None


def schema_field(field: Field) -> Any:
    """Return a field of schemas that takes what the field takes."""
    if field.members:
        return schema_fields.String(validate=OneOf(field.members))
    bounds = (Length if field.type.sized else Range)(field.min, field.max)
    make = getattr(schema_fields, field.type.schema.removeprefix("fields."))
    return make(validate=[] if field.max is None else [bounds])
