"""A resource: its names and its fields, computed once from what was asked for."""

from dataclasses import dataclass, replace
from typing import Any

from app.core.data.base import Base
from app.settings import ROOT
{% if cookiecutter.auth == "jwt" %}
from scaffold.access import with_owner
{% endif %}
from scaffold.errors import Refused
from scaffold.fields import Field, parse_all
from scaffold.names import FIELDS_CANNOT_BE, Names, make_names, why_not

LONGEST = 63  # characters in a name of PostgreSQL


@dataclass(frozen=True)
class Resource:
    """What the templates print."""

    names: Names
    fields: list[Field]
    plain: list[Field]  # the fields that are no refs
    refs: list[Field]
    needed: list[Field]  # the refs that every row has
    others: list[Names]  # the other resources that it refers to
    filters: list[Field]  # what tests filter lists by
    sort_keys: list[str]  # what lists are sorted by, beside the time
    classes: str  # of its models module
    definition: dict[str, Any]  # as it is recorded: model, plural, fields …


def make_resource(definition: dict[str, Any]) -> Resource:
    """Make a resource from what was asked for, or from its record. Raises Refused."""
    names = make_names(definition["model"], definition["plural"])
    fields = parse_all(definition)
{% if cookiecutter.auth == "jwt" %}
    fields = with_owner(fields, definition)
{% endif %}
    check_fields(names, fields)
    fields = [with_target(field, names) for field in fields]
    refs = [field for field in fields if field.target]
    others = {field.refers_to: field.target for field in refs}
    others.pop(names.model, None)
    enums = [field.enum for field in fields if field.members]
    return Resource(
        names=names,
        fields=fields,
        plain=[field for field in fields if not field.target],
        refs=refs,
        needed=[field for field in refs if not field.optional],
        others=list(others.values()),
        filters=[f for f in fields if f.filterable and not (f.target and f.optional)],
        sort_keys=[field.column for field in fields if field.sortable],
        classes=", ".join([names.model, *enums]),
        definition={"model": names.model} | definition | {"plural": names.plural},
    )


def with_target(field: Field, own: Names) -> Field:
    """Fill in the names of the model that a ref refers to. Raises Refused."""
    models = {mapper.class_.__name__: mapper.class_ for mapper in Base.registry.mappers}
    if field.refers_to in {"", own.model}:
        return replace(field, target=own if field.refers_to else None)
    if field.refers_to not in models:
        text = f"{field.name}: there is no model {field.refers_to!r}. "
        raise Refused(f"{text}Models: {', '.join(sorted(models))}.")
    target = Names(field.refers_to, models[field.refers_to].__tablename__)
    factory = f"tests/{target.plural}/factory.py"
    if not (ROOT / factory).exists():
        raise Refused(f"{field.name}: the tests need a {factory} for {target.model}.")
    return replace(field, target=target)


def check_fields(names: Names, fields: list[Field]) -> None:
    """Refuse fields that cannot be. Raises Refused."""
    if not fields:
        raise Refused(f"{names.model} needs a field, such as title:str.")
    seen: set[str] = set()
    for field in fields:
        check_field(names, field)
        taken = {field.name, field.column, *field.ranges}
        if twice := seen & taken:
            raise Refused(f"{min(twice)!r} is there twice.")
        seen |= taken


def check_field(names: Names, field: Field) -> None:
    """Refuse a field that the model cannot have. Raises Refused."""
    for name in (field.name, field.column, *field.ranges):
        if reason := why_not(name, FIELDS_CANNOT_BE):
            near = f"{names.one}_{field.name}"
            raise Refused(f"{name!r} is {reason}: call it {near}, for example.")
    longest = f"ix_{names.plural}_{field.column}_id_{field.refers_to.lower()}s"
    if len(longest) > LONGEST:
        text = f"{field.name!r} is too long: with {names.plural!r} it makes a name of "
        text += f"more than {LONGEST} characters in the database. Shorten one of them."
        raise Refused(text)
    if field.refers_to == names.model and not field.optional:
        text = f"{field.name} refers to {names.model} itself: the first one has none, "
        raise Refused(f"{text}so write {field.name}:ref:{field.refers_to}?")
