"""Finds the modules of the resources, so that adding one edits no existing file."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

APP = Path(__file__).resolve().parent.parent
{% if cookiecutter.layout == "domain" %}
PATTERN = "*/{kind}.py"
{% else %}
PATTERN = "{kind}/[!_]*.py"
{% endif %}


def modules(kind: str) -> list[ModuleType]:
    """Import every module of a kind: `models`, `views`, `seeds` or `commands`.

    A module that cannot be imported stops the start; it is never left out.
    """
    paths = sorted(APP.glob(PATTERN.format(kind=kind)))
    names = (path.relative_to(APP.parent).with_suffix("").parts for path in paths)
    return [import_module(".".join(name)) for name in names]
