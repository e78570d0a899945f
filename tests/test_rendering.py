"""Every combination of answers, rendered and checked as text."""

import ast
import functools
import itertools
import json
import re
import runpy
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pytest_cookies.plugin import Cookies

from tests import pipelines, support, variants
from tests.variants import BESIDE, CHOICES, COMBINATIONS, TREE, label

RENDERINGS = variants.renderings()
PRUNE = runpy.run_path(str(TREE / "scripts/prune.py"))
OWNED: dict[str, list[str]] = PRUNE["OWNED"]

PARSERS: dict[str, Callable[[str], object]] = {
    ".py": ast.parse,
    ".toml": tomllib.loads,
    ".json": json.loads,
    ".yml": lambda text: list(yaml.safe_load_all(text)),
    ".yaml": lambda text: list(yaml.safe_load_all(text)),
}
# Files whose own language has braces; none of them may name cookiecutter.
BRACES = (".html", ".mako", ".yml")


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return every combination, rendered and pruned."""
    output = tmp_path_factory.mktemp("rendered")
    projects = {
        label(answers): variants.prune(
            variants.render(answers, output / label(answers))
        )
        for answers in RENDERINGS
    }
    print(f"{len(projects)} combinations, {len(COMBINATIONS)} applications")
    return projects


@pytest.fixture(params=RENDERINGS, ids=label)
def combination(
    request: pytest.FixtureRequest, rendered: dict[str, Path]
) -> tuple[dict[str, Any], Path]:
    """Return one combination and its project."""
    return request.param, rendered[label(request.param)]


def test_text_is_clean(combination: tuple[dict[str, Any], Path]) -> None:
    for name, path in variants.files(combination[1]).items():
        check_text(name, path.read_text(encoding="utf-8"))


@functools.cache  # most files are the same in most combinations
def check_text(name: str, text: str) -> None:
    """Check what holds for every file."""
    assert text.strip(), f"{name} is empty"
    assert re.search(r"[^\n]\n\Z", text), f"{name}: its end"
    assert not re.search(r"\A\n|\n{4}", text), f"{name}: blank lines"
    assert not re.search(r"[ \t]$", text, re.MULTILINE), f"{name}: trailing blanks"
    assert not re.search(r"cookiecutter(?!\.json)[._]|\{#", text), f"{name}: named"
    if not name.endswith(BRACES):
        assert not re.search(r"\{%|\{\{", text), f"{name}: Jinja"


def test_every_two_choices_meet_in_the_sample() -> None:
    for one, other in itertools.combinations(COMBINATIONS[0], 2):
        met = {(answers[one], answers[other]) for answers in variants.sample()}
        assert met == set(itertools.product(CHOICES[one], CHOICES[other]))
    for question in COMBINATIONS[0]:
        given = {answers[question] for answers in variants.sample(together=1)}
        assert given == set(CHOICES[question])


def test_no_directory_is_empty(combination: tuple[dict[str, Any], Path]) -> None:
    for path in combination[1].rglob("*"):
        assert path.is_file() or any(path.iterdir()), f"{path} is empty"


def test_every_file_parses(combination: tuple[dict[str, Any], Path]) -> None:
    for path in variants.files(combination[1]).values():
        if path.suffix in PARSERS:
            parse(path.suffix, path.read_text(encoding="utf-8"))


@functools.cache
def parse(suffix: str, text: str) -> None:
    """Read a file as what its name says it is."""
    PARSERS[suffix](text)


def test_pipelines_depend_on_few_answers(rendered: dict[str, Path]) -> None:
    """So tests/test_pipelines.py holds few against the tools, and has them all."""
    found: dict[tuple[str, ...], set[bytes]] = {}
    for answers in RENDERINGS:
        project = rendered[label(answers)]
        deploy = "none" if answers["deploy"] == "none" else "docker"
        for name in pipelines.FILES.get(answers["ci"], ()):
            few = (answers["database"], deploy, answers["ci"], name)
            found.setdefault(few, set()).add((project / name).read_bytes())
    assert {len(texts) for texts in found.values()} == {1}
    assert {few[:3] for few in found} == {
        tuple(each.values()) for each in pipelines.DIFFERENT
    }


def test_only_files_of_given_answers(combination: tuple[dict[str, Any], Path]) -> None:
    answers, project = combination
    given = {f"{question}={answer}" for question, answer in answers.items()}
    given |= {"image"} if answers["deploy"] != "none" else set()
    given |= {"renovate"} if answers["ci"] in ("gitlab", "jenkins") else set()
    given |= {"server"} if answers["database"] != "sqlite" else set()
    given |= {"partial"} if answers["database"] != "mysql" else set()
    for needed, names in OWNED.items():
        for name in names:
            assert (project / name).exists() == (set(needed.split()) <= given), name


def test_what_is_beside_changes_no_application(
    combination: tuple[dict[str, Any], Path], rendered: dict[str, Path]
) -> None:
    """That is why no application is booted for each answer to these questions."""
    answers, project = combination
    first = {name: variants.CHOICES[name][0] for name in BESIDE}
    application = rendered[label({**answers, **first})]
    for name in ("app", "tests", "scripts", "scaffold", "manage.py", "pyproject.toml"):
        ours, theirs = project / name, application / name
        if ours.is_dir():
            same_files(ours, theirs)
        else:
            assert ours.read_bytes() == theirs.read_bytes(), name


def test_files_for_deployment_depend_on_few_answers(rendered: dict[str, Path]) -> None:
    """So tests/test_manifests.py holds few of them against the tools, and has all."""
    found: dict[tuple[str, ...], set[bytes]] = {}
    for answers in RENDERINGS:
        for needed, names in OWNED.items():
            for name in names if re.match("image|deploy=", needed) else ():
                path = rendered[label(answers)] / name
                few = (answers["database"], answers["auth"], name)
                found.setdefault(few, set()).update(
                    p.read_bytes() for p in [path] if p.exists()
                )
    assert {len(texts) for texts in found.values()} <= {0, 1}


def test_table_names_every_file_of_a_layout() -> None:
    paths = [path.relative_to(TREE) for path in TREE.glob("app/*/**/*.*")]
    names = {path.as_posix() for path in paths if path.suffix != ".pyc"}
    owned = {name for names in OWNED.values() for name in names}
    shared = {name for name in names if name.startswith("app/core/")}
    ours = {name for name in owned if name.startswith("app/")}
    assert names - shared == {name for name in ours if "/core/" not in name}


def test_paths_work_on_windows(combination: tuple[dict[str, Any], Path]) -> None:
    for name in variants.files(combination[1]):
        assert not re.search(r'["|<>:?*\\]', name), name


def test_commands_are_the_same_everywhere(rendered: dict[str, Path]) -> None:
    """They are tried in one variant; only images bring some of their own."""
    said: dict[bool, set[str]] = {True: set(), False: set()}
    for answers in RENDERINGS:
        project = rendered[label(answers)]
        rows = re.findall(
            "^[|] `make .*", (project / "README.md").read_text(), re.MULTILINE
        )
        makefile = (project / "Makefile").read_text()
        said[answers["deploy"] == "none"].add("\n".join([*rows, makefile]))
    assert [len(texts) for texts in said.values()] == [1, 1]


def test_size_of_default_project(rendered: dict[str, Path]) -> None:
    project = rendered[label(RENDERINGS[0])]
    names = variants.files(project)
    sizes = {n: len(p.read_text().splitlines()) for n, p in names.items()}
    python = {name: size for name, size in sizes.items() if name.endswith(".py")}
    print(f"{len(names)} files, {sum(python.values())} lines of Python")
    made_by_setup = 7  # requirements*.txt, openapi.json and migrations/
    service = {n: s for n, s in python.items() if not n.startswith("scaffold/")}
    # Bounds at today's size, so that growth is a decision. Beside what a team edits, 27
    # files write new resources; they can be deleted.
    assert len(names) + made_by_setup <= 177
    assert sum(service.values()) <= 11201
    assert sum(python.values()) - sum(service.values()) <= 1200
    assert sum(size for name, size in python.items() if name.startswith("app/")) <= 5176


EACH_CHOICE = [
    {**RENDERINGS[0], question: choice}
    for question, choices in variants.CHOICES.items()
    for choice in choices[1:]
]


@pytest.mark.parametrize("answers", [RENDERINGS[0], *EACH_CHOICE], ids=label)
def test_baked_with_hooks_it_is_the_same(
    answers: dict[str, Any], cookies: Cookies, rendered: dict[str, Path]
) -> None:
    """Each choice once through cookiecutter and the hooks, against the shortcut."""
    baked = cookies.bake(extra_context={**answers, "setup": False})
    assert (baked.exception, baked.exit_code) == (None, 0)
    same_files(baked.project_path, rendered[label(answers)])


def test_real_command_renders_the_same(
    rendered: dict[str, Path], tmp_path: Path
) -> None:
    support.generate(tmp_path, {**RENDERINGS[-1], "setup": False})
    same_files(tmp_path / "order-service", rendered[label(RENDERINGS[-1])])


def same_files(one: Path, other: Path) -> None:
    """Check that two projects have the same files, bytes and modes."""
    ours, theirs = variants.files(one), variants.files(other)
    assert ours.keys() == theirs.keys()
    for name, path in ours.items():
        assert path.read_bytes() == theirs[name].read_bytes(), name
        assert path.stat().st_mode == theirs[name].stat().st_mode, name


def test_hooks_leave_nothing_behind(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    support.generate(tmp_path, {"setup": False}, TMPDIR=str(temporary))
    assert list(temporary.iterdir()) == []
