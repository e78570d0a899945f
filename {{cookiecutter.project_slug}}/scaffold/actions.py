{% set declared, passed = (", **options: bool", ", **options") if cookiecutter.auth == "jwt" else ("", "") %}
"""What the commands do."""

import difflib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask_migrate
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask.cli import ScriptInfo
from sqlalchemy import inspect

from app import create_app
from app.core.data import repository
from app.core.data.base import Base
from app.core.data.session import db
from app.settings import ROOT
from scaffold import fields, files, names
from scaffold.fields import Refused
from scaffold.names import Names

RECORDS = Path(__file__).resolve().parent / "resources"


def plan(
    model: str, plural: str | None, specs: tuple[str, ...]{{ declared }}
) -> tuple[Names, dict[str, str]]:
    """Return the names and the files of a new resource. Raises Refused."""
    found = names.make(model, plural)
    parsed = fields.read(specs{{ passed }})
    names.check_fields(found, parsed)
    check_free(found)
    texts = files.render(found, parsed{{ passed }})
    for path in [*texts, f"scaffold/resources/{found.one}.json"]:
        if (ROOT / path).exists():
            raise Refused(f"{path} exists already: remove it, or take another name.")
    return found, texts


def check_free(found: Names) -> None:
    """Refuse names that are taken in the code. Raises Refused."""
    for mapper in Base.registry.mappers:
        if mapper.class_.__name__ == found.model:
            raise Refused(f"There is a model {found.model} already.")
    if found.plural in Base.metadata.tables:
        raise Refused(f"There is a table {found.plural!r} already: name --plural.")
    for rule in current_app.url_map.iter_rules():
        if rule.rule.startswith(f"/api/v1/{found.path}/"):
            raise Refused(f"/{found.path}/ is served already: name --plural.")


def add(
{% if cookiecutter.auth == "jwt" %}
    model: str,
    plural: str | None,
    specs: tuple[str, ...],
    migration: bool,
    **options: bool,
{% else %}
    model: str, plural: str | None, specs: tuple[str, ...], migration: bool
{% endif %}
) -> list[str]:
    """Write a resource; return its files. Raises Refused, and then nothing is left."""
    found, texts = plan(model, plural, specs{{ passed }})
    if migration and found.plural in inspect(db.engine).get_table_names():
        raise Refused(f"The database has a table {found.plural!r}: name --plural.")
    record = {"model": model, "plural": found.plural, "fields": specs}
{% if cookiecutter.auth == "jwt" %}
    record |= {"options": options} if options else {}
{% endif %}
    with files.all_or_nothing() as made:
        for path, text in texts.items():
            files.write(ROOT / path, text, made)
        app = create_app()
        if migration:
            record["migration"] = migrate(app, f"add {found.words}", made)
            text = (ROOT / record["migration"]).read_text(encoding="utf-8")
            texts[record["migration"]] = text
        record["files"] = {path: files.digest(text) for path, text in texts.items()}
        text = json.dumps(record, indent=2) + "\n"
        files.write(RECORDS / f"{found.one}.json", text, made)
        write_openapi(app)
    return [str(path.relative_to(ROOT)) for path in made if path.is_file()]


def migrate(app: Flask, message: str, made: list[Path]) -> str:
    """Write the revision, and do not apply it; return its path. Raises Refused."""
    versions = ROOT / "migrations/versions"
    before = set(versions.glob("*.py"))
    try:
        with app.app_context():
            flask_migrate.migrate(message=message)
    except SystemExit:
        text = "No migration could be written. "
        text += "Apply those that there are (./manage.py db upgrade), "
        raise Refused(text + "or say --no-migration.") from None
    finally:
        made += set(versions.glob("*.py")) - before
    (revision,) = set(versions.glob("*.py")) - before
    return revision.relative_to(ROOT).as_posix()


def write_openapi(app: Flask) -> None:
    """Do what `make openapi` does."""
    obj = ScriptInfo(create_app=lambda: app)
    command = ["openapi", "write", str(ROOT / "openapi.json")]
    with app.app_context():  # instead of that of the application before
        app.cli.main(command, obj=obj, standalone_mode=False)


def load(model: str) -> tuple[Path, dict[str, Any]]:
    """Return the record of a resource, and where it is. Raises Refused."""
    for path in RECORDS.glob("*.json"):
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["model"] == model:
            return path, content
    known = ", ".join(sorted(path.stem for path in RECORDS.glob("*.json"))) or "none"
    raise Refused(f"scaffold/resources/ has no record of {model}. Records: {known}.")


def remove(model: str) -> Iterator[str]:
    """Delete a resource, except what was edited; yield what is to be said.

    Raises Refused, and then nothing is changed.
    """
    path, record = load(model)
    for other, column, target in repository.references():
        if target.__name__ == model and other.__name__ != model:
            raise Refused(
                f"{other.__name__}.{column} refers to {model}: remove it first."
            )
    found = Names(model, record["plural"])
{% if cookiecutter.auth == "jwt" %}
    options = record.get("options", {})
{% endif %}
    parsed = fields.read(record["fields"]{{ passed }})
    written = files.render(found, parsed{{ passed }})
    record.setdefault("files", dict.fromkeys(written))  # one that was shipped
    present = {
        name: hash_ for name, hash_ in record["files"].items() if (ROOT / name).exists()
    }
    edited = [
        name for name, hash_ in present.items() if is_edited(name, hash_, written)
    ]
    for name in edited:
        yield from difference(name, written.get(name, ""))
    kept = set(edited)
    if any(
        name.startswith("app/") and ("views" in name or "seeds" in name)
        for name in edited
    ):
        kept |= {name for name in present if name.startswith("app/")}  # they need them
    doomed = [name for name in present if name not in kept]
    migration = record.get("migration")
    model_goes = not any("models" in name for name in kept)
    if migration in doomed and not (model_goes and is_undone(migration)):
        doomed.remove(migration)
    reverse = model_goes and migration not in doomed
    if reverse and not is_up_to_date():
        raise Refused("Apply the migrations first: ./manage.py db upgrade")
    yield from delete([*doomed, *([] if kept else [path.relative_to(ROOT).as_posix()])])
    if kept:
        yield f"Kept, because of your changes: {', '.join(sorted(kept))}"
    if reverse:
        versions = ROOT / "migrations/versions"
        before = set(versions.glob("*.py"))
        run("db", "migrate", "--message", f"drop {found.words}")
        for revision in set(versions.glob("*.py")) - before:
            yield f"Wrote {revision.relative_to(ROOT)}, which drops the table."
            yield "Next: ./manage.py db upgrade"
    run("openapi", "write", "openapi.json")


def is_edited(name: str, hash_: str | None, written: dict[str, str]) -> bool:
    """Tell whether a file is not what was written; shipped files have no hash."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return text != written[name] if hash_ is None else files.digest(text) != hash_


def difference(name: str, written: str) -> Iterator[str]:
    """Yield the changes of a file since it was written."""
    text = (ROOT / name).read_text(encoding="utf-8")
    lines = difflib.unified_diff(
        written.splitlines(), text.splitlines(), f"written/{name}", name, lineterm=""
    )
    yield from lines


def is_undone(migration: str) -> bool:
    """Tell whether a revision is the last one and not applied: then it may go."""
    script = ScriptDirectory(ROOT / "migrations")
    heads = script.get_heads()
    mine = [r for r in script.walk_revisions() if Path(r.path) == ROOT / migration]
    return [r.revision for r in mine] == heads and heads[0] not in applied()


def is_up_to_date() -> bool:
    """Tell whether the database has every migration."""
    return applied() == set(ScriptDirectory(ROOT / "migrations").get_heads())


def applied() -> set[str]:
    """Return the heads of the database."""
    with db.engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads())


def delete(doomed: list[str]) -> Iterator[str]:
    """Delete files and the directories that this leaves empty; yield their names."""
    for name in doomed:
        path = ROOT / name
        path.unlink()
        yield f"Deleted {name}"
        for folder in path.parents:
            content = {entry.name for entry in folder.iterdir()}
            if folder == ROOT or content - {"__pycache__"}:
                break
            for entry in folder.glob("__pycache__/*"):
                entry.unlink()
            for entry in folder.iterdir():
                entry.rmdir()
            folder.rmdir()


def run(*command: str) -> None:
    """Run a command of manage.py, which no longer finds the resource."""
    subprocess.run([sys.executable, "manage.py", *command], check=True, cwd=ROOT)


def rows() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the name of each resource, its fields, and the methods of its paths."""
    common = set(Base.__annotations__)
    for mapper in sorted(Base.registry.mappers, key=lambda m: m.class_.__name__):
        columns = [c.key for c in mapper.local_table.columns if c.key not in common]
        prefix = mapper.class_.__tablename__.replace("_", "-") + "."
        endpoints = [
            (" ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})), rule.rule)
            for rule in current_app.url_map.iter_rules()
            if rule.endpoint.startswith(prefix) and rule.rule[-1] in "/>"
        ]
        yield mapper.class_.__name__, [("fields", ", ".join(columns)), *endpoints]
