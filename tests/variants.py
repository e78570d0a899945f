"""Every variant that the template can produce, read from cookiecutter.json."""

import functools
import itertools
import json
import runpy
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import jinja2
import pytest
from cookiecutter import generate, prompt
from cookiecutter.utils import create_env_with_context

ROOT = Path(__file__).resolve().parent.parent
TREE = ROOT / "{{cookiecutter.project_slug}}"
QUESTIONS: dict[str, Any] = json.loads((ROOT / "cookiecutter.json").read_text())

# `setup` changes no file, only whether set-up runs.
CHOICES = {
    name: value if isinstance(value, list) else [True, False]
    for name, value in QUESTIONS.items()
    if isinstance(value, list | bool) and not name.startswith("_") and name != "setup"
}
# Questions whose answers only add files beside the application, from the tree's own
# directories for them. test_rendering holds them to it, so nothing is booted for them.
BESIDE = {"deploy", "ci"}
# Questions whose second answer adds a capability in a folder of its own: with it, every
# application is rendered and served; what takes long runs on the sample below.
ADDED = {"dashboard"}


def product(names: Iterable[str]) -> list[dict[str, Any]]:
    """Return every combination of answers to these questions."""
    choices = {name: CHOICES[name] for name in CHOICES if name in set(names)}
    return [
        dict(zip(choices, values, strict=True))
        for values in itertools.product(*choices.values())
    ]


# One for each application: what is not answered here has its default.
COMBINATIONS = product(CHOICES.keys() - BESIDE)


def packages_of(answers: dict[str, Any]) -> dict[str, Any]:
    """Return the answers that decide which packages a project needs."""
    return {n: answers.get(n, CHOICES[n][0]) for n in ("database", "auth", "dashboard")}


def label(answers: dict[str, Any]) -> str:
    """Return a name for a combination: `domain-functions`."""
    return "-".join(str(value) for value in answers.values())


@functools.cache
def environment() -> jinja2.Environment:
    """Return one Jinja environment for all renderings: compiling is what takes long."""
    env = create_env_with_context({"cookiecutter": QUESTIONS})
    env.loader = jinja2.FileSystemLoader([TREE, ROOT / "templates"])
    env.from_string = functools.cache(env.from_string)  # the names of files
    return env


is_binary = functools.cache(generate.is_binary)


def render(answers: dict[str, Any], output: Path) -> Path:
    """Render a project as cookiecutter does without hooks; return its directory."""
    context = generate.generate_context(
        str(ROOT / "cookiecutter.json"), extra_context={"setup": False, **answers}
    )
    context["cookiecutter"] = prompt.prompt_for_config(context, no_input=True)
    context["cookiecutter"]["_template"] = str(ROOT)
    with pytest.MonkeyPatch.context() as patch:
        env = environment()
        patch.setattr(generate, "create_env_with_context", lambda context: env)
        patch.setattr(generate, "FileSystemLoader", lambda paths: env.loader)
        patch.setattr(generate, "is_binary", is_binary)
        path = generate.generate_files(
            ROOT, context, output_dir=output, accept_hooks=False
        )
    return Path(path)


def prune(project: Path) -> Path:
    """Remove what was not chosen, as the hook does."""
    runpy.run_path(str(project / "scripts/prune.py"), run_name="__main__")
    return project


def files(project: Path) -> dict[str, Path]:
    """Return the files of a project that git would track, by their relative name."""
    made = {".venv", ".git", "instance", "__pycache__"}
    made |= {".pytest_cache", ".mypy_cache", ".ruff_cache"}
    found = {
        path.relative_to(project).as_posix(): path
        for path in sorted(project.rglob("*"))
        if path.is_file() and not made & set(path.relative_to(project).parts)
    }
    # The date of the first revision differs from day to day.
    return {n: p for n, p in found.items() if not n.startswith("migrations/")}


@functools.cache
def sample(
    questions: tuple[str, ...] = tuple(COMBINATIONS[0]), together: int = 2
) -> list[dict[str, Any]]:
    """Return few combinations in which every pair of two choices meets once or more.

    Or every choice, with `together` 1: a covering array. The first has all defaults. Of
    as many tries, one whose choices for the other questions differ most.
    """
    tries = [cover(questions, together, Random(seed)) for seed in range(50)]
    return min(tries, key=lambda chosen: (len(chosen), -len(met(chosen, together=1))))


def cover(
    questions: tuple[str, ...], together: int, chance: Random
) -> list[dict[str, Any]]:
    """Return combinations in which choices meet: each next one brings most together.

    Several bring as many: which one is taken decides how many are needed.
    """
    order = chance.sample(COMBINATIONS, len(COMBINATIONS))
    missing = met(COMBINATIONS, questions, together)
    chosen = [COMBINATIONS[0]]
    while missing := missing - met(chosen, questions, together):
        chosen.append(
            max(order, key=lambda a: len(met([a], questions, together) & missing))
        )
    return chosen


def met(
    combinations: list[dict[str, Any]],
    questions: Iterable[str] = tuple(COMBINATIONS[0]),
    together: int = 2,
) -> set[Any]:
    """Return the choices for these questions that meet in a combination."""
    asked = ([i for i in each.items() if i[0] in questions] for each in combinations)
    return {choices for a in asked for choices in itertools.combinations(a, together)}


def renderings() -> list[dict[str, Any]]:
    """Return the sample with all answers beside it, and every other application once.

    All defaults come first.
    """
    beside = product(BESIDE)
    asked = list(itertools.product(sample(), beside))
    asked += [
        (answers, beside[0]) for answers in COMBINATIONS if answers not in sample()
    ]
    return [{name: (a | b)[name] for name in CHOICES} for a, b in asked]


def each_application() -> pytest.MarkDecorator:
    """Parametrize a test with the `answers` of every distinct application.

    With an added capability, of those only in which every two choices meet.
    """
    plain = [
        answers
        for answers in COMBINATIONS
        if all(answers[name] == CHOICES[name][0] for name in ADDED)
    ]
    return each([*plain, *(a for a in sample() if a not in plain)])


def each_combination() -> pytest.MarkDecorator:
    """Parametrize a test with the `answers` of every application that can be rendered."""
    return each(COMBINATIONS)


def each_pair(*questions: str) -> pytest.MarkDecorator:
    """Parametrize a test with `answers` that bring every two choices together.

    Of these questions only, or of all that change the application.
    """
    return each(sample(questions or tuple(COMBINATIONS[0])))


def each_choice() -> pytest.MarkDecorator:
    """Parametrize a test with few `answers` in which every choice is there."""
    return each(sample(together=1))


def each_of(question: str) -> pytest.MarkDecorator:
    """Parametrize a test with one combination for each answer to a question."""
    found = {answers[question]: answers for answers in reversed(COMBINATIONS)}
    return each(list(reversed(found.values())))


def each(combinations: list[dict[str, Any]]) -> pytest.MarkDecorator:
    """Parametrize a test."""
    ids = [label(answers) for answers in combinations]
    return pytest.mark.parametrize("answers", combinations, ids=ids)
