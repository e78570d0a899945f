"""The template's own files."""

import re
import sys
import tomllib
from datetime import date

import pytest

from tests import support, variants
from tests.test_rendering import OWNED
from tests.variants import QUESTIONS, ROOT, TREE

HOOKS = sorted((ROOT / "hooks").glob("*.py"))
SOURCES = list(variants.files(TREE).values())
SOURCES += sorted((ROOT / "templates").rglob("*.py"))


def test_every_variable_is_used_and_known() -> None:
    """A misspelt variable fails here, and so does a question that changes nothing."""
    text = "\n".join(path.read_text() for path in [*SOURCES, *HOOKS])
    text += "\n".join(str(value) for value in QUESTIONS.values())
    used = set(re.findall(r"cookiecutter\.(?!json\b)(\w+)", text))
    used |= set(re.findall(r'CONTEXT(?:\.get\(|\[)"(\w+)"', text))
    given_by_cookiecutter = {"_template", "_commit", "_checkout", "_output_dir"}
    methods = {"update"}
    settings = {name for name in QUESTIONS if re.match("_(?!_)|__prompts__", name)}
    assert used - set(QUESTIONS) == (given_by_cookiecutter & used) | methods
    assert set(QUESTIONS) - used == settings | {"__directory"}


def test_every_question_has_a_prompt() -> None:
    prompts = QUESTIONS["__prompts__"]
    for name, value in QUESTIONS.items():
        if name.startswith("_"):
            continue
        assert name in prompts, f"{name} has no prompt"
        if isinstance(value, list):
            assert set(prompts[name]) == {"__prompt__", *value}


def test_tags_stand_alone() -> None:
    """Then `trim_blocks` leaves no trace of them, and no `{%-` is needed."""
    for path in SOURCES:
        if path.suffix == ".html":
            continue  # its tags are those of the service as well
        for line in path.read_text().splitlines():
            assert "{%-" not in line, path
            if "{%" in line:
                tag = r"\s*\{%(?: set .*|[^%]*)%\}"
                assert re.fullmatch(tag, line), f"{path}: {line}"


# A branch of the question `auth`, in a tag or in an expression.
BRANCH = re.compile(r"\{[%{][^%{}]*\bif\b[^%{}]*\b(?:jwt|cookiecutter\.auth)\b")
MOST_BRANCHES, MOST_TAGS = 84, 0.15


def test_branches_are_few() -> None:
    """`none` is the absence of a room, not a second text: so the source stays readable."""
    texts = {path.relative_to(ROOT): path.read_text() for path in SOURCES}
    branches = {name: len(BRANCH.findall(text)) for name, text in texts.items()}
    print(sum(branches.values()), "branches of auth")
    assert sum(branches.values()) <= MOST_BRANCHES, branches
    for name, text in texts.items():
        tags = len(
            re.findall(r"^\s*\{% (?:el|end)?if\b|^\s*\{% else", text, re.MULTILINE)
        )
        lines = text.count("\n")
        few = tags <= 4  # two choices in a short file
        assert few or tags <= MOST_TAGS * lines, f"{name}: {tags} of {lines}"


def test_layers_extend_domains() -> None:
    """A layer file is one line, so that there is one source for both layouts."""
    layers = [n for given, names in OWNED.items() if "layer" in given for n in names]
    for name in layers:
        text = (TREE / name).read_text()
        if not name.endswith("__init__.py"):
            assert re.fullmatch(r'\{% extends "app/\w+/[\w/]+\.\w+" %\}\n', text), name
    for names in OWNED.values():
        for name in names:
            assert (TREE / name).is_file(), name


def test_version_is_that_of_the_newest_entry() -> None:
    """In one place, and a release of it is dated; `Unreleased` comes before."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert ("version" in project, project["dynamic"]) == (False, ["version"])
    heading = r"^## \[([^]]+)\](?: - (\d{4}-\d\d-\d\d))?$"
    text = (ROOT / "CHANGELOG.md").read_text()
    (first, _), (newest, day), *_ = re.findall(heading, text, re.MULTILINE)
    assert (first, newest) == ("Unreleased", QUESTIONS["__template_version"])
    assert date.fromisoformat(day)


def test_openapi_document_is_linted() -> None:
    """All variants serve this document, as tests/test_applications.py checks."""
    npx = support.need("npx", "the linter of OpenAPI documents is an npm package")
    command = (
        npx,
        "--yes",
        "@stoplight/spectral-cli@6",
        "lint",
        "--fail-severity=warn",
    )
    documents = sorted(map(str, (ROOT / "tests/recorded").glob("*/openapi.json")))
    options = ("--ruleset", "tests/spectral.yaml", *documents)
    support.run(*command, *options, cwd=ROOT)


def test_own_code_is_clean() -> None:
    support.run("ruff", "check", ".", cwd=ROOT)
    support.run("ruff", "format", "--check", ".", cwd=ROOT)
    support.run("ruff", "format", "--check", "--isolated", *HOOKS, cwd=ROOT)


def test_benchmarks_print_their_help() -> None:
    names = re.findall(r"benchmarks/\w+\.py", (ROOT / "Makefile").read_text())
    assert len(names) > 5
    for name in names:
        assert "usage" in support.run(sys.executable, name, "--help", cwd=ROOT)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_documents_name_what_exists(name: str) -> None:
    text = (ROOT / name).read_text()
    makefiles = (ROOT / "Makefile").read_text() + (TREE / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):.*##", makefiles, re.MULTILINE))
    assert set(re.findall(r"`make (\w+)", text)) <= targets
    for path in re.findall(r"\]\(((?!http)[^)#]+)\)", text):
        assert (ROOT / path).exists(), path


def test_what_stands_apart_knows_no_resource() -> None:
    """Tests that are left out where only resources change: see `support.APART`."""
    every = r"metadata\.\w*tables|mappers|url_map|view_functions|modules\(|\bseeds?\b|\bglob\("
    every += r"|operations|(?<!books\.test_client\(\)\.get\(\"/)openapi|\borders?/|create_order"
    for name in support.APART:
        file, _, test = name.partition("::")
        text = (TREE / "tests" / file).read_text()
        assert f"def {test}" in text
        assert test or not re.search(every, text), name
