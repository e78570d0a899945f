"""Finds the modules of the resources, so that adding one edits no existing file."""

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TypeVar

Instance = TypeVar("Instance")

APP = Path(__file__).resolve().parent.parent
# Where a resource keeps its modules, and where a room of the core keeps its own.
{% if cookiecutter.layout == "domain" %}
PATTERNS = ("*/{kind}.py", "core/*/{kind}.py")
{% elif cookiecutter.dashboard == "dash" %}
PATTERNS = ("{kind}/[!_]*.py", "*/{kind}.py", "core/*/{kind}.py")
{% else %}
PATTERNS = ("{kind}/[!_]*.py", "core/*/{kind}.py")
{% endif %}


def modules(kind: str) -> list[ModuleType]:
    """Import every module of a kind, as `models`; one that fails stops the start."""
    paths = sorted(path for p in PATTERNS for path in APP.glob(p.format(kind=kind)))
    names = (path.relative_to(APP.parent).with_suffix("").parts for path in paths)
    return [import_module(".".join(name)) for name in names]


def instances(kind: str, cls: type[Instance]) -> list[Instance]:
    """Return the instances of a class that the modules of a kind have, each once."""
    values = [value for module in modules(kind) for value in vars(module).values()]
    return list(dict.fromkeys(value for value in values if isinstance(value, cls)))
