"""`resource add`: writes a resource, its migration and its record."""

from typing import Any

from flask import Flask, current_app
from flask.cli import ScriptInfo
from sqlalchemy import inspect

from app import create_app
from app.core.data.base import Base
from app.core.data.session import db
from app.settings import ROOT
from scaffold import migrations, records
from scaffold.atomic_write import all_or_nothing, replace, write
from scaffold.errors import Refused
from scaffold.names import Names
from scaffold.render import JSON_FIELD, render
from scaffold.resource import Resource, make_resource


def add_resource(definition: dict[str, Any], migration: bool) -> list[str]:
    """Write a resource; return its files. Raises Refused, and then nothing is left."""
    resource, texts = plan(definition)
    names, record = resource.names, dict(resource.definition)
    if migration and names.plural in inspect(db.engine).get_table_names():
        raise Refused(f"The database has a table {names.plural!r}: name --plural.")
    record["files"] = {
        path: records.digest(text)
        for path, text in texts.items()
        if path != JSON_FIELD  # it does not belong to one resource
    }
    with all_or_nothing() as made:
        # The record first, and a module after those that it imports: whenever this is
        # killed, the service starts, and `resource remove` takes back what there is.
        manifest = records.FOLDER / f"{names.one}.json"
        write(manifest, records.dump(record), made)
        for path, text in texts.items():
            write(ROOT / path, text, made)
        app = create_app()
        if migration:
            table = Base.metadata.tables[names.plural]
            revision = migrations.write_revision(table, f"add {names.words}", made)
            record["migration"] = revision.relative_to(ROOT).as_posix()
            text = revision.read_text(encoding="utf-8")
            record["files"][record["migration"]] = records.digest(text)
            replace(manifest, records.dump(record))
        write_openapi(app)
    return [str(path.relative_to(ROOT)) for path in made if path.is_file()]


def plan(definition: dict[str, Any]) -> tuple[Resource, dict[str, str]]:
    """Return a new resource, and the text of each file. Raises Refused."""
    resource = make_resource(definition)
    check_free(resource.names)
    texts = render(resource)
    if (ROOT / JSON_FIELD).exists():
        texts.pop(JSON_FIELD, None)  # another resource brought it
    for path in [*texts, f"scaffold/resources/{resource.names.one}.json"]:
        if (ROOT / path).exists():
            raise Refused(f"{path} exists already: remove it, or take another name.")
    return resource, texts


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


def write_openapi(app: Flask) -> None:
    """Do what `make openapi` does."""
    command = ["openapi", "write", str(ROOT / "openapi.json")]
    with app.app_context():  # instead of that of the application before
        obj = ScriptInfo(create_app=lambda: app)
        app.cli.main(command, obj=obj, standalone_mode=False)
