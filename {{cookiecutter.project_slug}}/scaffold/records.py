"""Records: what was asked for, scaffold/resources/*.json, and what is to be changed."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from inflection import underscore

from app.core.data.base import Base
from scaffold import Refused
from scaffold.atomic_write import Files
from scaffold.fields import parse_all

FOLDER = Path(__file__).resolve().parent / "resources"
OPTIONS = ("owned", "public_read")
ACTION = "(?!(list|get|create|update|delete)$)[a-z]+(_[a-z]+)*"


def read_all() -> dict[str, dict[str, Any]]:
    """Return the record of each model."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.json"))]
    return {record["model"]: record for record in map(json.loads, texts)}


def find(model: str) -> dict[str, Any]:
    """Return the record of a resource. Raises Refused."""
    known = read_all()
    if model not in known:
        text = f"scaffold/resources/ has no record of {model}. "
        raise Refused(f"{text}Records: {', '.join(sorted(known)) or 'none'}.")
    return known[model]


def path_of(model: str) -> Path:
    """Return the file of the record of a model."""
    return FOLDER / f"{underscore(model)}.json"


def save(record: dict[str, Any], files: Files) -> None:
    """Write a record, or another one in its place."""
    files.write(path_of(record["model"]), json.dumps(record, indent=2) + "\n")


def define(model: str, fields: Any, **given: Any) -> dict[str, Any]:
    """Return the definition of a resource. Raises Refused."""
    options = {name: True for name in OPTIONS if given.pop(name, False)}
    if len(options) > 1:
        raise Refused("Choose --owned or --public-read.")
    if unknown := given.keys() - {"plural", "actions"}:
        raise Refused(f"{model}: there is no {min(unknown)!r}.")
    rest = {n: value for n, value in (given | {"options": options}).items() if value}
    return {"model": model, "fields": list(fields), **rest}


def with_fields(model: str, specs: tuple[str, ...]) -> dict[str, Any]:
    """Return a resource with more fields. Raises Refused."""
    record = find(model)
    columns = Base.metadata.tables[record["plural"]].columns
    for name in map(name_of, specs):
        if name in columns or f"{name}_id" in columns:
            raise Refused(f"{model} has {name!r} already.")
    return record | {"fields": [*record["fields"], *specs]}


def without_fields(model: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Return a resource with fewer fields. Raises Refused."""
    record = find(model)
    known = {name_of(spec): spec for spec in record["fields"]}
    if not set(names) <= known.keys():
        raise Refused(f"{model} has {', '.join(known)}: name fields of these.")
    return record | {"fields": [s for name, s in known.items() if name not in names]}


def with_action(model: str, name: str) -> dict[str, Any]:
    """Return a resource with one more action. Raises Refused."""
    record = find(model)
    actions = record.get("actions", [])
    if not re.fullmatch(ACTION, name) or name in actions:
        raise Refused(f"{name!r} is taken, or not a name: write it like mark_paid.")
    return record | {"actions": [*actions, name]}


def read(path: Path) -> list[dict[str, Any]]:
    """Return the definitions of a file; those of known resources extended."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        asked = [define(model, **table) for model, table in tables.items()]
    except (ValueError, TypeError) as error:
        text = f"{path} is not what `resource export` prints: {error}."
        raise Refused(text) from None
    for each in asked:
        record = read_all().get(each["model"], {})
        specs = [*record.get("fields", []), *each["fields"]]
        fields = {name_of(spec): spec for spec in specs}
        each |= record | each | {"fields": list(fields.values())}
    return asked


def export() -> str:
    """Return a file of all resources, each after those that it refers to, if it can be."""
    left, texts = read_all(), list[str]()
    while left:
        others = {m: {f.refers_to for f in parse_all(r)} - {m} for m, r in left.items()}
        model = next((m for m in left if not others[m] & left.keys()), next(iter(left)))
        texts.append(dump(left.pop(model)))
    return "\n".join(texts)


def dump(record: dict[str, Any]) -> str:
    """Return a definition in TOML."""
    fields = "".join(f"    {json.dumps(spec)},\n" for spec in record["fields"])
    lines = [f"[{record['model']}]", f"plural = {json.dumps(record['plural'])}"]
    lines += [f"{option} = true" for option in record.get("options", ())]
    lines += [f"actions = {json.dumps(a)}" for a in [record.get("actions")] if a]
    return "\n".join([*lines, f"fields = [\n{fields}]"]) + "\n"


def name_of(spec: str) -> str:
    """Return the name of a field: `note` of `note:text?`."""
    return spec.partition(":")[0]
