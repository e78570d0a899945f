{% set declared, passed = (", **options: bool", ", **options") if cookiecutter.auth == "jwt" else ("", "") %}
"""Renders the files of a resource, and puts them in place: all of them or none."""

import hashlib
{% if cookiecutter.auth == "jwt" %}
import json
{% endif %}
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from ruff import find_ruff_bin

from app.core.data.base import Base
from app.settings import ROOT
from scaffold import code
{% if cookiecutter.auth == "jwt" %}
from scaffold.fields import Field, Refused, read
{% else %}
from scaffold.fields import Field, Refused
{% endif %}
from scaffold.names import Names

FOLDER = Path(__file__).resolve().parent
ENVIRONMENT = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    block_start_string="<%",
    block_end_string="%>",
    variable_start_string="<<",
    variable_end_string=">>",
    trim_blocks=True,
    keep_trailing_newline=True,
    undefined=StrictUndefined,
)


{% if cookiecutter.auth == "jwt" %}
def paths(names: Names, public_read: bool = False, **_: bool) -> dict[str, str]:
{% else %}
def paths(names: Names) -> dict[str, str]:
{% endif %}
    """Return where each file goes, and the template that it is made of."""
{% if cookiecutter.layout == "domain" %}
    kinds = ["__init__", "models", "schemas", "services", "views", "seeds"]
    found = {f"app/{names.plural}/{kind}.py": f"{kind}.py.jinja" for kind in kinds}
{% else %}
    kinds = ["models", "schemas", "services", "views", "seeds"]
    found = {f"app/{kind}/{names.one}.py": f"{kind}.py.jinja" for kind in kinds}
{% endif %}
    folder = f"tests/{names.plural}"
{% if cookiecutter.auth == "jwt" %}
    if public_read:
        found[f"{folder}/public.txt"] = "public.txt.jinja"
{% endif %}
    return found | {
        f"{folder}/factory.py": "factory.py.jinja",
        f"{folder}/test_{names.plural}.py": "test.py.jinja",
    }


def render(names: Names, fields: list[Field]{{ declared }}) -> dict[str, str]:
    """Return the text of each file, by its path. Raises Refused for a ref to nothing."""
    targets = {f.target: target(f, names) for f in fields if f.target}
    others = {t["model"]: t for t in targets.values() if t["model"] != names.model}
    refs = [field for field in fields if field.target]
    filters = [f for f in fields if f.filterable]
{% if cookiecutter.auth == "jwt" %}
    guarded = [f for f in refs if options.get("owned") and targets[f.target]["owner"]]
{% endif %}
    context = {
        "names": names,
        "fields": fields,
        "plain": [field for field in fields if not field.target],
        "refs": refs,
        "needed": [field for field in refs if not field.optional],
        "sort_keys": [field.column for field in fields if field.sortable],
        "filters": [f for f in filters if not (f.target and f.optional)],
        "given": [f for f in filters if f.optional and not f.target],
        "targets": targets,
        "others": list(others.values()),
        "code": code,
{% if cookiecutter.auth == "jwt" %}
        "options": {"owned": False, "public_read": False} | options,
        "owner": next((field for field in fields if field.owner), None),
        "guarded": guarded,
        "given_refs": [f for f in refs if not (f.optional or f.owner)],
        "example": [f for f in fields if options.get("owned") and is_needed(f)],
{% endif %}
{% if cookiecutter.layout == "domain" %}
        "models": ".models",
{% else %}
        "models": f"app.models.{names.one}",
{% endif %}
    }
    try:
        rendered = {
            path: ENVIRONMENT.get_template(template).render(context)
            for path, template in paths(names{{ passed }}).items()
        }
        return tidy(rendered)
    except TemplateError as error:
        text = f"A template of scaffold/templates/ is wrong: {error}."
        raise Refused(text) from error
    except OSError as error:
        raise Refused(f"Nothing was written: {error}.") from error


{% if cookiecutter.auth == "jwt" %}
def is_needed(field: Field) -> bool:
    """Tell whether a new row needs a value that is no reference."""
    return not (field.target or field.optional) and field.default is None


def owner_of(model: str) -> str:
    """Return the column of the owner of a row, empty where rows have none."""
    for path in (FOLDER / "resources").glob("*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["model"] == model:
            parsed = read(record["fields"], **record.get("options", {}))
            return next((field.column for field in parsed if field.owner), "")
    return ""


{% endif %}
def target(field: Field, names: Names) -> dict[str, Any]:
    """Return what the templates say of the model that a ref refers to."""
    found = names if field.target == names.model else None
    for mapper in Base.registry.mappers:
        if mapper.class_.__name__ == field.target:
            found = Names(field.target, mapper.class_.__tablename__)
    if found is None:
        models = sorted(mapper.class_.__name__ for mapper in Base.registry.mappers)
        text = f"{field.name}: there is no model {field.target!r}. "
        raise Refused(f"{text}Models: {', '.join(models)}.")
    factory = f"tests/{found.plural}/factory.py"
    if found is not names and not (ROOT / factory).exists():
        raise Refused(f"{field.name}: the tests need a {factory} for {field.target}.")
    return {
        "model": found.model,
        "table": found.plural,
        "one": found.one,
        "path": found.path,
        "words": found.words,
{% if cookiecutter.auth == "jwt" %}
        "owner": owner_of(found.model),
{% endif %}
{% if cookiecutter.layout == "domain" %}
        "module": f"app.{found.plural}.models",
{% else %}
        "module": f"app.models.{found.one}",
{% endif %}
    }


def tidy(texts: dict[str, str]) -> dict[str, str]:
    """Let ruff sort and drop imports and format the files, in a directory beside them."""
    with TemporaryDirectory(dir=ROOT, prefix=".scaffold-") as folder:
        for path, text in texts.items():
            Path(folder, path).parent.mkdir(parents=True, exist_ok=True)
            Path(folder, path).write_text(text, encoding="utf-8")
        ours = 'lint.isort.known-first-party = ["app", "tests"]'
        fix = ["check", "--fix", "--select", "F401,I", "--config", ours]
        for command in (fix, ["format"]):
            ruff = [find_ruff_bin(), *command, "--quiet", folder]
            if subprocess.run(ruff, check=False, cwd=ROOT).returncode > 1:
                raise Refused("The templates make code that ruff cannot read.")
        return {p: Path(folder, p).read_text(encoding="utf-8") for p in texts}


@contextmanager
def all_or_nothing() -> Iterator[list[Path]]:
    """Yield a list of new files and directories: they go when what follows fails.

    `openapi.json` gets its former content back.
    """
    made: list[Path] = []
    openapi = ROOT / "openapi.json"
    former = openapi.read_bytes() if openapi.exists() else None
    try:
        yield made
    except BaseException as error:
        for path in reversed(made):
            path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
        if former is not None and openapi.read_bytes() != former:
            openapi.write_bytes(former)
        if isinstance(error, OSError):
            raise Refused(f"Nothing was written: {error}.") from error
        raise


def write(path: Path, text: str, made: list[Path]) -> None:
    """Write a new file; note it, and each new directory, in `made`."""
    for folder in [f for f in reversed(path.parents) if not f.exists()]:
        folder.mkdir()
        made.append(folder)
    with path.open("x", encoding="utf-8") as file:
        made.append(path)
        file.write(text)


def digest(text: str) -> str:
    """Return what tells whether a file was edited."""
    return hashlib.sha256(text.encode()).hexdigest()
