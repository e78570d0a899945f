"""Renders the files of a resource from scaffold/templates/."""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from jinja2 import Environment, FileSystemLoader, TemplateError
from ruff import find_ruff_bin

from app.settings import ROOT
from scaffold import field_code
{% if cookiecutter.auth == "jwt" %}
from scaffold.access_code import extra_templates, make_access
{% endif %}
from scaffold.errors import Refused
from scaffold.resource import Resource

# The resources with a json field share this file; the first one brings it.
JSON_FIELD = "app/core/web/json_field.py"
ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    trim_blocks=True,
    keep_trailing_newline=True,
    **field_code.SYNTAX,
)


def render(resource: Resource) -> dict[str, str]:
    """Return the text of each file, by its path. Raises Refused."""
    context = vars(resource) | {
        "code": field_code,
        "json_module": JSON_FIELD.removesuffix(".py").replace("/", "."),
{% if cookiecutter.layout == "domain" %}
        "own_module": ".models",
{% else %}
        "own_module": resource.names.module,
{% endif %}
{% if cookiecutter.auth == "jwt" %}
        "access": make_access(resource),
{% endif %}
    }
    try:
        templates = {
            path: ENVIRONMENT.get_template(f"{name}.jinja")
            for path, name in paths(resource).items()
        }
        return tidy({path: t.render(context) for path, t in templates.items()})
    except TemplateError as error:
        text = f"A template of scaffold/templates/ is wrong: {error}."
        raise Refused(text) from error
    except OSError as error:
        raise Refused(f"Nothing was written: {error}.") from error


def paths(resource: Resource) -> dict[str, str]:
    """Return where each file goes, and the template that it is made of."""
    names = resource.names
{% if cookiecutter.layout == "domain" %}
    kinds = ["__init__", "models", "schemas", "services", "views", "seeds"]
    templates = {f"app/{names.plural}/{kind}.py": f"{kind}.py" for kind in kinds}
{% else %}
    kinds = ["models", "schemas", "services", "views", "seeds"]
    templates = {f"app/{kind}/{names.one}.py": f"{kind}.py" for kind in kinds}
{% endif %}
    templates[f"tests/{names.plural}/factory.py"] = "factory.py"
    templates[f"tests/{names.plural}/test_{names.plural}.py"] = "test.py"
    if any(field.type.name == "json" for field in resource.fields):
        templates[JSON_FIELD] = "json_field.py"
{% if cookiecutter.auth == "jwt" %}
    templates |= extra_templates(resource)
{% endif %}
    return templates


def tidy(texts: dict[str, str]) -> dict[str, str]:
    """Format with ruff, which also sorts and drops imports, in a folder beside them."""
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
