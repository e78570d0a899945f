"""Renders the files of a resource from scaffold/templates/."""

import subprocess
from types import SimpleNamespace

from jinja2 import TemplateError
from ruff import find_ruff_bin

from app.settings import ROOT
from scaffold import Refused
from scaffold.fields import ENVIRONMENT


def render(resource: SimpleNamespace) -> dict[str, str]:
    """Return the text of each file, by its path. Raises Refused."""
    try:
        return {
            path: tidy(path, ENVIRONMENT.get_template(name).render(vars(resource)))
            for path, name in paths(resource).items()
        }
    except TemplateError as error:
        text = f"A template of scaffold/templates/ is wrong: {error}."
        raise Refused(text) from error


def paths(resource: SimpleNamespace) -> dict[str, str]:
    """Return where each file goes, and the template that it is made of."""
    names = resource.names
{% if cookiecutter.layout == "domain" %}
    kinds = ["__init__", "models", "schemas", "services", "views", "seeds"]
    templates = {f"app/{names.plural}/{kind}.py": f"{kind}.py.jinja" for kind in kinds}
{% else %}
    kinds = ["models", "schemas", "services", "views", "seeds"]
    templates = {f"app/{kind}/{names.one}.py": f"{kind}.py.jinja" for kind in kinds}
{% endif %}
    templates[f"tests/{names.plural}/factory.py"] = "factory.py.jinja"
    templates[f"tests/{names.plural}/test_{names.plural}.py"] = "test.py.jinja"
{% if cookiecutter.auth == "jwt" %}
    if resource.access.public_read:
        public = "public_operations.txt"
        templates[f"tests/{names.plural}/{public}"] = f"{public}.jinja"
{% endif %}
    return templates


def tidy(path: str, text: str) -> str:
    """Format with ruff, which also sorts and drops imports. Raises Refused."""
    if not path.endswith(".py"):
        return text
    short = "lint.isort.split-on-trailing-comma = false"  # what is left may fit a line
    fix = ("check", "--fix", "--select", "F401,I", "--config", short)
    run = ruff(ruff(text, *fix).stdout, "format")
    if run.returncode:
        raise Refused(f"The templates make code that ruff cannot read:\n{run.stderr}")
    return run.stdout


def ruff(text: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Run ruff on a text as if it were a module of the service."""
    ours = 'lint.isort.known-first-party = ["app", "tests"]'
    line = [find_ruff_bin(), *command, "--quiet", "--config", ours]
    line += ["--stdin-filename", str(ROOT / "app/rendered.py"), "-"]
    piped = {"input": text, "capture_output": True, "encoding": "utf-8"}
    return subprocess.run(line, check=False, **piped)
