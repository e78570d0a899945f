"""`resource remove`: deletes the files of a resource, unless they were edited."""

import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from app.core.data import repository
from app.core.data.base import Base
from app.settings import ROOT
from scaffold import Refused, migrations, records
from scaffold.atomic_write import all_or_nothing, manage
from scaffold.merge import difference
from scaffold.render import render
from scaffold.resource import make_resource


def remove_resource(model: str, force: bool) -> Iterator[str]:
    """Delete a resource; yield what is to be said. Raises Refused before any change."""
    record = records.find(model)
    check_unused(model)
    texts = render(make_resource(record))
    texts = {name: text for name, text in texts.items() if (ROOT / name).exists()}
    check_not_imported(texts)
    if not force:
        check_unedited(model, texts)
    revision = migrations.last_unapplied(f"add {model}")
    if not revision and not migrations.is_up_to_date():
        raise Refused("Apply the migrations first: ./manage.py db upgrade")
    yield from delete([*(ROOT / name for name in texts), records.path_of(model)])
    if revision:
        yield from delete([revision])
    else:
        with all_or_nothing() as files:
            manage("db", "migrate", "--message", f"drop {record['plural']}")
        for path in files.made:
            yield f"Wrote {path.relative_to(ROOT)}, which drops the table."
            yield "Next: ./manage.py db upgrade"
    manage("openapi", "write", "openapi.json")


def check_unused(model: str) -> None:
    """Refuse while other models refer to it. Raises Refused."""
    for mapper in Base.registry.mappers:
        other, used = mapper.class_, dict(repository.references(mapper.class_))
        used |= {r.key: r.mapper.class_ for r in mapper.relationships}
        for name, target in used.items():
            if target.__name__ == model and other.__name__ != model:
                text = f"{other.__name__}.{name} refers to {model}: "
                raise Refused(f"{text}remove it first.")


def check_not_imported(names: Iterable[str]) -> None:
    """Refuse while other modules of the service import these files. Raises Refused."""
    import grimp  # here, for it takes long: no other command needs it

    ours = {".".join(Path(n).with_suffix("").parts) for n in names if n.endswith(".py")}
    graph = grimp.build_graph("app", exclude_type_checking_imports=True, cache_dir=None)
    for module in sorted(ours & graph.modules):
        if others := graph.find_modules_that_directly_import(module) - ours:
            raise Refused(f"{min(others)} imports {module}: delete or change it first.")


def check_unedited(model: str, texts: dict[str, str]) -> None:
    """Refuse while files are not as they would be written. Raises Refused."""
    edited = []
    for name, text in texts.items():
        if lines := difference(text, (ROOT / name).read_text(encoding="utf-8")):
            added, removed = (len(re.findall(f"(?m)^[{s}]", lines)) for s in "+-")
            edited.append(f"  {name}  +{added} -{removed}\n")
    if edited:
        text = f"Nothing was removed, because of your changes:\n{''.join(edited)}"
        text += "Commit them, so that git keeps them. Then: "
        raise Refused(f"{text}./manage.py resource remove {model} --force")


def delete(paths: list[Path]) -> Iterator[str]:
    """Delete files and the directories that this leaves empty; yield their names."""
    for path in paths:
        path.unlink()
        yield f"Deleted {path.relative_to(ROOT)}"
        for folder in path.parents:
            content = {entry.name for entry in folder.iterdir()}
            if folder == ROOT or content - {"__pycache__"}:
                break
            shutil.rmtree(folder)
