"""Answers that cannot work are refused; strange ones that can are shown right."""

import ast
import json
import re
import runpy
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt

from tests import support, variants
from tests.conftest import MakeProject
from tests.variants import COMBINATIONS, ROOT

REFUSED = {
    "": "service",
    "9lives": "lives",
    "class": "class-service",
    "...": "service",
    "../x": "x",
    "/etc/x": "etc-x",
    "a/b": "a-b",
    "a" * 200: "a" * 60,
    "flask": "flask-service",
    "python-dotenv": "python-dotenv-service",
    "con": "con-service",
    "com1": "com1-service",
    "Order_Service": "order-service",
    "order--service": "order-service",
    "order service": "order-service",
    "été": "ete",
    "주문": "service",
    "$(touch x)": "touch-x",
    '"; import os; "': "import-os",
}
# For these, what is proposed is typed as well: cut, suffixed, transcribed, quoted.
TYPED = ("a" * 200, "con", "été", '"; import os; "')


@pytest.mark.parametrize("slug", REFUSED)
def test_bad_slug_is_refused(slug: str, tmp_path: Path) -> None:
    output = tmp_path / "output"
    answers = {"project_slug": slug, "setup": False, "project_name": "O'Brien & <Co>"}
    printed = support.generate(output, answers, code=1)
    first = printed.splitlines()[0]
    assert first.startswith("project_slug ")
    assert list(tmp_path.rglob("*")) == [output], "something was left behind"

    proposed = shlex.split(first.split("Type this instead: ")[1])
    assert f"project_slug={REFUSED[slug]}" in proposed
    assert "project_name=O'Brien & <Co>" in proposed
    assert REFUSED[slug] not in REFUSED
    if slug in TYPED:
        support.run(*proposed, cwd=output)
        assert (output / REFUSED[slug] / "manage.py").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("project_name", " "),
        ("project_name", "a\nb"),
        ("project_name", "a\x1b[31m"),
        ("description", "\u2028"),
        ("description", "half \udcff"),
    ],
)
def test_bad_text_is_refused(name: str, value: str, tmp_path: Path) -> None:
    printed = support.generate(tmp_path, {name: value, "setup": False}, code=1)
    assert printed.startswith(f"{name} ")
    assert list(tmp_path.iterdir()) == []


def test_typed_jinja_is_refused(tmp_path: Path) -> None:
    """What is typed at the prompt is not rendered now, but would be at each update."""
    enters = len([name for name in variants.QUESTIONS if name[0] != "_"]) - 2
    typed = "\n".join(["A {{ 7*7 }} B", "order-service", *[""] * enters]) + "\n"
    result = support.run(
        "sh",
        "-c",
        f"printf %s {shlex.quote(typed)} | cookiecutter {ROOT} --default-config",
        cwd=tmp_path,
        code=None,
    )
    assert "starts a Jinja tag. Type this instead:" in result
    assert list(tmp_path.iterdir()) == []


STRANGE = {
    "Quotes \"double\" and 'single'": "quotes-double-and-single",
    "A & B <b>bold</b> &amp;": "a-b-b-bold-b",
    "back\\slash \\n \\u0041": "back-slash-n-u0041",
    "# not *a* _heading_ `x` [y](z) | ~~s~~": "not-a-heading-x-y-z-s",
    "Café Zürich": "cafe-zurich",
    "주문 서비스": "jumun-seobiseu",
    "🚀": "service",
    "3D Shop": "d-shop",
    "- dash: yes, {brace} %s {0} $HOME": "dash-yes-brace-s-0-home",
    "x" * 300: "x" * 60,
}


@pytest.mark.parametrize("name", STRANGE)
def test_strange_name_is_shown_right(
    name: str, tmp_path: Path, pristine: MakeProject
) -> None:
    answers = {"project_name": name, "description": name, "setup": False}
    support.generate(tmp_path, answers)
    project = tmp_path / STRANGE[name]

    answers = json.loads((project / ".cookiecutter.json").read_text())
    assert answers["project_name"] == answers["description"] == name
    api = tomllib.loads((project / "app/api_info.toml").read_text())
    packaging = tomllib.loads((project / "pyproject.toml").read_text())
    assert api["API_DESCRIPTION"] == packaging["project"]["description"] == name
    for path in project.rglob("*.yml"):
        yaml.safe_load(path.read_text())

    heading, paragraph = markdown_texts(project / "README.md")[:2]
    assert (heading, paragraph) == (name, name)
    support.run("ruff", "check", ".", cwd=project)
    support.run("ruff", "format", "--check", ".", cwd=project)

    python = support.python(pristine(COMBINATIONS[0]))
    code = "from app import create_app; c = create_app().test_client(); import sys; "
    code += "sys.stdout.write(c.get(sys.argv[1]).text)"
    served = support.run(
        *(python, "-c", code, "/openapi.json"),
        cwd=project,
        APP_ENV="testing",
        LOG_LEVEL="ERROR",
    )
    assert json.loads(served)["info"]["title"] == name


def markdown_texts(path: Path) -> list[str]:
    """Return the text of each paragraph and heading, as a reader sees it."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(path.read_text())
    inline = [token for token in tokens if token.type == "inline"]
    return ["".join(c.content for c in token.children or []) for token in inline]


def test_refused_packages_are_those_installed(pristine: MakeProject) -> None:
    hook = (ROOT / "hooks/pre_gen_project.py").read_text()
    listed = set(re.search(r'PACKAGES = """(.*?)"""', hook, re.DOTALL)[1].split())
    installed = set()
    for answers in variants.sample():
        compiled = (pristine(answers) / "requirements-dev.txt").read_text()
        installed |= set(re.findall(r"^([a-z0-9-]+)==", compiled, re.MULTILINE))
    assert installed <= listed
    assert listed - installed <= {"pip", "setuptools", "uv", "pygments", "colorama"}


def test_existing_directory_is_refused(tmp_path: Path) -> None:
    theirs = tmp_path / "order-service/notes.txt"
    theirs.parent.mkdir()
    theirs.write_text("mine")
    printed = support.generate(tmp_path, {"setup": False}, code=1)
    assert "already exists" in printed
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [
        "notes.txt"
    ]


@pytest.mark.parametrize("layout", variants.CHOICES["layout"])
def test_overwriting_keeps_what_the_team_made(layout: str, tmp_path: Path) -> None:
    answers = {"layout": layout, "setup": False}
    support.generate(tmp_path, answers)
    project = tmp_path / "order-service"
    theirs = [
        "app/models/mine.py",
        "app/books/models.py",
        "app/users/extra.py",
        "a.txt",
    ]
    for name in theirs:
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text("mine")
    (project / "manage.py").write_text("broken")
    support.generate(tmp_path, answers, "--overwrite-if-exists")
    assert [(project / name).read_text() for name in theirs] == ["mine"] * 4
    assert "FlaskGroup" in (project / "manage.py").read_text()


def test_hooks_parse() -> None:
    for path in (ROOT / "hooks").glob("*.py"):
        ast.parse(path.read_text())


def test_table_is_about_questions() -> None:
    """The table is data, so that a person can read which file an answer owns."""
    table = runpy.run_path(str(variants.TREE / "scripts/prune.py"))
    known = {
        f"{name}={c}" for name, choices in variants.CHOICES.items() for c in choices
    }
    known |= {"image", "renovate", "server", "partial"}  # what several answers need
    assert {each for answers in table["OWNED"] for each in answers.split()} <= known
