"""Writes resources, new and changed ones, and one migration: all or nothing."""

from types import SimpleNamespace
from typing import Any

from flask import Flask, current_app
from flask_smorest.spec import openapi_cli
from sqlalchemy import inspect

from app import create_app
from app.core.data.base import Base
from app.core.data.session import db
from app.settings import ROOT
from scaffold import Refused, migrations, records
from scaffold.atomic_write import DOCUMENT, Files, all_or_nothing, manage
from scaffold.fields import parse_all
from scaffold.merge import difference, merge
from scaffold.names import Names
from scaffold.render import render
from scaffold.resource import make_resource


def write(
    definitions: list[dict[str, Any]], message: str, migration: bool = True
) -> Files:
    """Make or change resources. Raises Refused, and then nothing is left."""
    known = records.read_all()
    changed = [each for each in definitions if known.get(each["model"], each) != each]
    if migration and changed and not migrations.is_up_to_date():
        raise Refused("Apply the migrations first: ./manage.py db upgrade")
    tables, app = set(Base.metadata.tables), None
    with all_or_nothing() as files:
        for each in definitions:
            if each["model"] not in known:
                app = add(each, migration, files)
        for each in changed:
            change(known[each["model"]], each, files)
        new = [t for t in Base.metadata.sorted_tables if t.name not in tables]
        models = [path for path in files.changes if "models" in path]
        if any(path.startswith("app/") for path in files.left):
            # Until that is done, the service may not start.
            files.next_step = 'make openapi migrate m="…"'
        else:
            if new or models:
                step = "./manage.py db upgrade" if migration else 'make migrate m="…"'
                files.next_step = step
            if migration and new and not changed:
                migrations.write_revision(new, message)
            elif migration and (new or models):
                manage("db", "migrate", "--message", message)
            if app and not changed:  # nothing that this process has loaded was changed
                with app.app_context():
                    openapi_cli(["write", str(DOCUMENT)], standalone_mode=False)
            else:
                manage("openapi", "write", str(DOCUMENT))
    return files


def add(definition: dict[str, Any], migration: bool, files: Files) -> Flask:
    """Write a new resource; return the service with it."""
    resource = make_resource(definition)
    texts, table = plan(resource), resource.names.plural
    if migration and table in inspect(db.engine).get_table_names():
        raise Refused(f"The database has a table {table!r}: name --plural.")
    # The record first, and a module after those that it imports: whenever this is
    # killed, the service starts, and `resource remove` takes back what there is.
    records.save(resource.definition, files)
    for path, text in texts.items():
        files.write(ROOT / path, text)
    return create_app()  # it starts, and the next one can refer to it


def change(record: dict[str, Any], definition: dict[str, Any], files: Files) -> None:
    """Take what differs between two definitions of a resource over into its files."""
    former, texts = render(make_resource(record)), render(make_resource(definition))
    known = {field.name for field in parse_all(record)}
    for each in parse_all(definition):
        if each.name not in known and each.required:
            text = f"{each.name}: rows that are there need a value: add ? or a default."
            raise Refused(text)
    for path in [p for p in texts if texts[p] != former.get(p) and (ROOT / p).exists()]:
        content = (ROOT / path).read_bytes().decode()
        end = "\r\n" if "\r\n" in content else "\n"
        ours = content.replace(end, "\n").rstrip("\n") + "\n"
        text, left = merge(ours, former.get(path, ""), texts[path])
        if text != ours:
            files.write(ROOT / path, text.replace("\n", end))
            files.changes[path] = difference(ours, text)
        if left:
            files.left[path] = left
    records.save(definition, files)


def plan(resource: SimpleNamespace) -> dict[str, str]:
    """Return the text of each file of a new resource. Raises Refused."""
    check_free(resource.names)
    texts = render(resource)
    if there := [path for path in texts if (ROOT / path).exists()]:
        raise Refused(f"{there[0]} exists already: remove it, or take another name.")
    return texts


def check_free(names: Names) -> None:
    """Refuse names that are taken in the code. Raises Refused."""
    if names.model in {mapper.class_.__name__ for mapper in Base.registry.mappers}:
        raise Refused(f"There is a model {names.model} already.")
    if (ROOT / f"app/{names.plural}.py").exists():
        raise Refused(f"app/{names.plural}.py is something else: name --plural.")
    if names.plural in Base.metadata.tables:
        raise Refused(f"There is a table {names.plural!r} already: name --plural.")
    for rule in current_app.url_map.iter_rules():
        if rule.rule.startswith(f"/api/v1/{names.path}/"):
            raise Refused(f"/{names.path}/ is served already: name --plural.")
