"""Every variant that the template can produce, read from cookiecutter.json."""

import functools
import hashlib
import itertools
import json
import runpy
import tempfile
from pathlib import Path
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
COMBINATIONS = [
    dict(zip(CHOICES, values, strict=True))
    for values in itertools.product(*CHOICES.values())
]
# Files that say something about the application and are not part of it.
PROSE = {"README.md", "AGENTS.md", ".cookiecutter.json"}


def label(answers: dict[str, Any]) -> str:
    """Return a name for a combination: `domain-functions`."""
    return "-".join(str(value) for value in answers.values())


@functools.cache
def environment() -> jinja2.Environment:
    """Return one Jinja environment for all renderings: compiling is what takes long."""
    env = create_env_with_context({"cookiecutter": QUESTIONS})
    env.loader = jinja2.FileSystemLoader([TREE, ROOT / "templates"])
    return env


def render(answers: dict[str, Any], output: Path) -> Path:
    """Render a project as cookiecutter does without hooks; return its directory."""
    context = generate.generate_context(
        str(ROOT / "cookiecutter.json"), extra_context={**answers, "setup": False}
    )
    context["cookiecutter"] = prompt.prompt_for_config(context, no_input=True)
    context["cookiecutter"]["_template"] = str(ROOT)
    with pytest.MonkeyPatch.context() as patch:
        env = environment()
        patch.setattr(generate, "create_env_with_context", lambda context: env)
        patch.setattr(generate, "FileSystemLoader", lambda paths: env.loader)
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


def fingerprint(project: Path) -> str:
    """Return a hash of what makes the application, not of the prose about it."""
    digest = hashlib.sha256()
    for name, path in files(project).items():
        if name not in PROSE and not name.startswith(".github/"):
            digest.update(name.encode() + path.read_bytes())
    return digest.hexdigest()


def sample() -> list[dict[str, Any]]:
    """Return few combinations in which every pair of two choices meets once or more."""
    meets = {
        label(answers): set(itertools.combinations(answers.items(), 2))
        for answers in COMBINATIONS
    }
    missing = set().union(*meets.values())
    chosen = []
    while missing:
        best = max(
            COMBINATIONS, key=lambda answers: len(meets[label(answers)] & missing)
        )
        chosen.append(best)
        missing -= meets[label(best)]
    return chosen


@functools.cache
def applications() -> list[dict[str, Any]]:
    """Return one combination for each distinct application among all of them."""
    distinct: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for answers in COMBINATIONS:
            project = prune(render(answers, Path(scratch, label(answers))))
            distinct.setdefault(fingerprint(project), answers)
    return list(distinct.values())


def each_application() -> pytest.MarkDecorator:
    """Parametrize a test with the `answers` of every distinct application."""
    return each(applications())


def each_pair() -> pytest.MarkDecorator:
    """Parametrize a test with `answers` that bring every two choices together."""
    return each(sample())


def each_of(question: str) -> pytest.MarkDecorator:
    """Parametrize a test with one combination for each answer to a question."""
    found = {answers[question]: answers for answers in reversed(COMBINATIONS)}
    return each(list(reversed(found.values())))


def each(combinations: list[dict[str, Any]]) -> pytest.MarkDecorator:
    """Parametrize a test; what is made of the same answers stays on one worker."""
    return pytest.mark.parametrize(
        "answers",
        [
            pytest.param(
                answers,
                id=label(answers),
                marks=pytest.mark.xdist_group(label(answers)),
            )
            for answers in combinations
        ],
    )
