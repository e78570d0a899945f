"""A resource: its names and its fields, computed once from what was asked for."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from app.core.data.base import Base
from app.settings import ROOT
from scaffold import Refused, records
{% if cookiecutter.auth == "jwt" %}
from scaffold.access import make_access, with_owner
{% endif %}
from scaffold.fields import Field, parse_all
from scaffold.names import FIELDS_CANNOT_BE, Names, make_names, why_not

LONGEST = 63  # characters in a name of PostgreSQL


def make_resource(definition: dict[str, Any]) -> SimpleNamespace:
    """Return what the templates print of a definition. Raises Refused."""
    names = make_names(definition["model"], definition.get("plural"))
    fields = parse_all(definition)
{% if cookiecutter.auth == "jwt" %}
    fields = with_owner(fields, definition)
{% endif %}
    check_fields(names, fields)
    fields = [with_target(field, names) for field in fields]
    refs = [field for field in fields if field.target and not field.type.many]
    needed = [field for field in refs if not field.optional]
    others = {f.refers_to: f.target for f in fields if f.target not in (None, names)}
    return SimpleNamespace(
        names=names,
        fields=fields,
        plain=[field for field in fields if not field.target],
        refs=refs,
        many=[field for field in fields if field.type.many],
        needed=needed,  # the refs that every row has
        others=list(others.values()),  # the other resources that it refers to
        actions=definition.get("actions", []),
        sort_keys=[field.column for field in fields if field.sortable],
        classes=", ".join([names.model, *(f.enum for f in fields if f.members)]),
{% if cookiecutter.auth == "jwt" %}
        access=make_access(names, fields, definition),
{% endif %}
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


def holds(model: str, other: str) -> bool:
    """Tell whether answers about a model have rows of another one nested in them."""
    record = records.read_all().get(model)
    nested = [f for f in parse_all(record) if f.nested] if record else []
    return model == other or any(holds(f.refers_to, other) for f in nested)


def check_fields(names: Names, fields: list[Field]) -> None:
    """Refuse fields that the model cannot have. Raises Refused."""
    if not fields:
        raise Refused(f"{names.model} needs a field, such as title:str.")
    seen: set[str] = set()
    for field in fields:
        taken = {field.name, field.column, *field.ranges}
        for name in sorted(taken):
            if reason := why_not(name, FIELDS_CANNOT_BE):
                near = f"{names.one}_{field.name}"
                raise Refused(f"{name!r} is {reason}: call it {near}, for example.")
        if twice := seen & taken:
            raise Refused(f"{min(twice)!r} is there twice.")
        seen |= taken
        ends = [f"id_{field.refers_to.lower()}s", *["created_at_id"] * field.filterable]
        longest = f"ix_{names.plural}_{field.column}_{max(ends, key=len)}"
        if len(longest) > LONGEST:
            text = f"{field.name!r} is too long: with {names.plural!r} it makes a name "
            text += f"of more than {LONGEST} characters in the database. Shorten one."
            raise Refused(text)
        if field.nested and holds(field.refers_to, names.model):
            raise Refused(f"{field.name}: {names.model} would hold itself: not nested.")
        if field.refers_to == names.model and field.required:
            text = f"{field.name} refers to {names.model} itself: the first one has "
            raise Refused(f"{text}none, so write {field.name}:ref:{field.refers_to}?")
