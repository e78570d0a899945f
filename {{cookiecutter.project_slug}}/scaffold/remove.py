"""`resource remove`: deletes the files of a resource, except those that were edited."""

import difflib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import grimp

from app.core.data import repository
from app.settings import ROOT
from scaffold import migrations, records
from scaffold.errors import Refused
from scaffold.render import JSON_FIELD, render
from scaffold.resource import make_resource


def remove_resource(model: str) -> Iterator[str]:
    """Delete a resource, except what was edited; yield what is to be said.

    Raises Refused, and then nothing is changed.
    """
    record = find_record(model)
    check_unused(model)
    resource = make_resource(record)
    written = render(resource)
    present = files_of(record, written)
    check_not_imported(present)
    edited = [n for n, digest in present.items() if is_edited(n, digest, written)]
    for name in edited:
        yield from difference(name, written.get(name, ""))
    kept = {*edited, *needed_by(edited, present)}
    model_goes = not any("models" in name for name in kept)
    migration = record.get("migration")
    taken_back = model_goes and migration in present and migration not in kept
    taken_back = taken_back and migrations.is_last_and_unapplied(ROOT / migration)
    if model_goes and not taken_back and not migrations.is_up_to_date():
        raise Refused("Apply the migrations first: ./manage.py db upgrade")
    stay = kept if taken_back else {*kept, migration}
    yield from delete([name for name in present if name not in stay])
    if kept:
        yield f"Kept, because of your changes: {', '.join(sorted(kept))}"
    else:
        yield from delete([f"scaffold/resources/{resource.names.one}.json"])
    if model_goes and not taken_back:
        yield from drop_table(resource.names.words)
    run("openapi", "write", "openapi.json")


def find_record(model: str) -> dict[str, Any]:
    """Return the record of a resource. Raises Refused."""
    known = records.read_all()
    if model not in known:
        names = ", ".join(path.stem for path in sorted(records.FOLDER.glob("*.json")))
        text = f"scaffold/resources/ has no record of {model}. "
        raise Refused(f"{text}Records: {names or 'none'}.")
    return known[model]


def check_unused(model: str) -> None:
    """Refuse while other models refer to it. Raises Refused."""
    for other, column, target in repository.references():
        if target.__name__ == model and other.__name__ != model:
            text = f"{other.__name__}.{column} refers to {model}: "
            raise Refused(f"{text}remove it first.")


def check_not_imported(names: Iterable[str]) -> None:
    """Refuse while other modules of the service import these files. Raises Refused."""
    ours = {".".join(Path(n).with_suffix("").parts) for n in names if n.endswith(".py")}
    graph = grimp.build_graph("app", exclude_type_checking_imports=True, cache_dir=None)
    for module in sorted(ours & graph.modules):
        others = graph.find_modules_that_directly_import(module) - ours
        if others:
            raise Refused(f"{min(others)} imports {module}: delete or change it first.")


def files_of(record: dict[str, Any], written: dict[str, str]) -> dict[str, str | None]:
    """Return the files of a resource that are there, and their digests, if known."""
    # What was shipped has no digests, nor has the file that is shared.
    digests = dict(record.get("files") or dict.fromkeys(written))
    digests.pop(JSON_FIELD, None)
    if is_last_with_json(record):
        digests[JSON_FIELD] = None
    return {name: each for name, each in digests.items() if (ROOT / name).exists()}


def is_last_with_json(record: dict[str, Any]) -> bool:
    """Tell whether no other resource needs the file that those with json share."""
    return [each for each in records.read_all().values() if has_json(each)] == [record]


def has_json(record: dict[str, Any]) -> bool:
    """Tell whether a resource has a field of type json."""
    return any(re.match(r"\w+:json\b", spec) for spec in record["fields"])


def is_edited(name: str, digest: str | None, written: dict[str, str]) -> bool:
    """Tell whether a file is not what was written."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return text != written[name] if digest is None else records.digest(text) != digest


def difference(name: str, written: str) -> Iterator[str]:
    """Yield the changes of a file since it was written."""
    text = (ROOT / name).read_text(encoding="utf-8")
    yield from difflib.unified_diff(
        written.splitlines(), text.splitlines(), f"written/{name}", name, lineterm=""
    )


def needed_by(edited: list[str], present: dict[str, str | None]) -> list[str]:
    """Return what edited files need: views and seeds are loaded at every start."""
    names = [name for name in edited if name.startswith("app/")]
    if any("views" in name or "seeds" in name for name in names):
        return [name for name in present if name.startswith("app/")]
    return []


def delete(names: list[str]) -> Iterator[str]:
    """Delete files and the directories that this leaves empty; yield their names."""
    for name in names:
        path = ROOT / name
        path.unlink()
        yield f"Deleted {name}"
        for folder in path.parents:
            content = {entry.name for entry in folder.iterdir()}
            if folder == ROOT or content - {"__pycache__"}:
                break
            shutil.rmtree(folder)


def drop_table(words: str) -> Iterator[str]:
    """Write the migration that drops the table."""
    before = migrations.revisions()
    run("db", "migrate", "--message", f"drop {words}")
    for revision in migrations.revisions() - before:
        yield f"Wrote {revision.relative_to(ROOT)}, which drops the table."
        yield "Next: ./manage.py db upgrade"


def run(*command: str) -> None:
    """Run a command of manage.py, which no longer finds the resource."""
    subprocess.run([sys.executable, "manage.py", *command], check=True, cwd=ROOT)
