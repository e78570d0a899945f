"""Every command of every pipeline is executed, from the rendered file itself.

What runs long is recorded and held against the project's Makefile (`make --dry-run`), so
that a target that is not there fails; once, it runs in earnest. `docker` is recorded.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests import pipelines, postgresql, support, variants
from tests.pipelines import DIFFERENT
from tests.variants import label

MAKE = """#!/bin/sh
printf '%s|%s|%s\\n' "make $*" "$DATABASE_URL" "$TEST_DATABASE_URL" >> {record}
exec {make} --dry-run "$@"
"""
DOCKER = """#!/bin/sh
echo "docker $*||" >> {record}
test "$1" != port || echo 127.0.0.1:55555
"""
ACTION = "{name: n, description: d, runs: {using: composite, steps: [%s]}}"


class Checkout:
    """A project as a pipeline finds it, and what its commands were."""

    def __init__(self, project: Path, tools: Path) -> None:
        self.project, self.tools, self.record = project, tools, tools / "record"
        tools.mkdir()
        made = {"record": self.record, "make": shutil.which("make")}
        for name, text in {"make": MAKE, "docker": DOCKER}.items():
            (tools / name).write_text(text.format(**made))
            (tools / name).chmod(0o755)
        self.path = f"{tools}:{support.environment()['PATH']}"

    def commands(self) -> list[list[str]]:
        """Return each command with the two URLs it found."""
        return [line.split("|") for line in self.record.read_text().splitlines()]


def act(
    project: Path, actions: Path, event: str, *options: str, **changes: str
) -> tuple[int, str]:
    """Run the workflows of an event; an action becomes one that does nothing."""
    if not actions.exists():
        actions.mkdir()
        (actions / "action.yml").write_text(ACTION % '{run: "true", shell: bash}')
        support.commit(actions)
    pins = {
        line.split("uses: ")[1].split(" #")[0]
        for path in pipelines.workflows(project)
        for line in path.read_text().splitlines()
        if "- uses: " in line
    }
    replaced = [f"--local-repository={pin}={actions}" for pin in sorted(pins)]
    here = ("-P", "ubuntu-24.04=-self-hosted")
    command = ("act", event, *here, *replaced, *options)
    cache = str(actions.with_name("cache"))
    return pipelines.call(*command, cwd=project, XDG_CACHE_HOME=cache, **changes)


def github(checkout: Checkout) -> tuple[int, str]:
    """Run what a push to main runs, then what the schedule runs."""
    actions = checkout.tools.with_name("actions")
    for event in ("push", "schedule"):
        code, printed = act(checkout.project, actions, event, PATH=checkout.path)
        if code:
            break
    return code, printed


def gitlab(checkout: Checkout) -> tuple[int, str]:
    """Run every job in a shell: without `image` and `services`."""
    jobs = yaml.safe_load((checkout.project / ".gitlab-ci.yml").read_text())
    for job in jobs.values():
        for key in ("image", "services"):
            job.pop(key, None)
    (checkout.project / "jobs.yml").write_text(yaml.safe_dump(jobs, sort_keys=False))
    names = ["check: [3.11]", "check: [3.14]", "audit"]
    names += [name for name in ("build-image",) if name in jobs]
    assert len(names) == len(jobs) - len({"workflow", "default", ".python"}) + 1
    options = ("--file", "jobs.yml", "--force-shell-executor", "--shell-isolation")
    return pipelines.gitlab_ci_local(
        checkout.project, *options, *names, PATH=checkout.path
    )


def jenkins(checkout: Checkout) -> tuple[int, str]:
    """Run what a change of the requirements runs: every stage."""
    file = checkout.project / "Jenkinsfile"
    code, steps = pipelines.groovy(
        "dependencies", file, cwd=checkout.project, PATH=checkout.path
    )
    return code, steps[0]["printed"]


RUN: dict[str, Callable[[Checkout], tuple[int, str]]] = {
    "github": github,
    "gitlab": gitlab,
    "jenkins": jenkins,
}


@pytest.fixture
def checkout(answers: dict[str, str], tmp_path: Path) -> Checkout:
    """Return a clean checkout of a project."""
    project = pipelines.render(answers, tmp_path / "rendered")
    return Checkout(project, tmp_path / "tools")


# Without an image there is one command less, and nothing else.
IMAGES = [answers for answers in DIFFERENT if answers["deploy"] != "none"]


@pytest.mark.parametrize("answers", IMAGES, ids=label)
def test_every_command_is_executed(answers: dict[str, str], checkout: Checkout) -> None:
    code, printed = RUN[answers["ci"]](checkout)
    assert code == 0, printed
    commands = checkout.commands()
    ran = sorted(command for command, *_ in commands if "docker" not in command)
    assert ran == expected(answers["ci"])
    assert ["docker build --tag order-service .", "", ""] in commands
    for command, *urls in commands:
        if command.startswith(("make setup", "make check")):
            assert all(urls) == (answers["database"] != "sqlite"), command


def expected(ci: str) -> list[str]:
    """Return what `make` is to be called with, on both versions of Python."""
    if ci == "jenkins":
        setup = [f"make setup PYTHON=python{version}" for version in ("3.11", "3.14")]
        return ["make audit PYTHON=python3.14", *["make check"] * 2, *setup]
    return ["make audit", *["make check"] * 2, *["make setup"] * 2]


@pytest.mark.parametrize(
    "answers",
    [answers for answers in IMAGES if answers["database"] == "sqlite"],
    ids=label,
)
def test_a_stale_command_fails(answers: dict[str, str], checkout: Checkout) -> None:
    file = checkout.project / pipelines.FILES[answers["ci"]][0]
    file.write_text(file.read_text().replace("make check", "make chek"))
    code, printed = RUN[answers["ci"]](checkout)
    assert code != 0
    assert "No rule to make target 'chek'" in printed


EARNEST = [each for each in variants.COMBINATIONS if each["database"] == "postgresql"]


@variants.each(EARNEST[:1])
def test_it_runs_in_earnest(project: Path, tmp_path: Path) -> None:
    """`make setup` and `make check` in a fresh clone, on the server of a service.

    The audit is left out: its database of vulnerabilities needs the internet.
    """
    with postgresql.server(project) as port:
        (project / ".venv").unlink()
        support.commit(project)
        clone = tmp_path / "clone"
        support.run("git", "clone", "-q", project, clone, cwd=tmp_path)
        url = f"postgresql+psycopg://postgres:postgres@127.0.0.1:{port}/postgres"
        urls = [f"--env={name}={url}" for name in ("DATABASE_URL", "TEST_DATABASE_URL")]
        one = ("--job=check", "--matrix=python-version:3.11")
        code, printed = act(clone, tmp_path / "actions", "push", *one, *urls)
    assert code == 0, printed[-5000:]
    assert "passed" in printed
    assert "Ready after" in printed
    assert not (clone / "instance/postgresql").exists()


def test_the_audit_needs_no_database(tmp_path: Path) -> None:
    """It starts in a clean checkout, beside no service; only the look-up is left out."""
    answers = {"database": "mysql", "deploy": "none", "ci": "github"}
    project = pipelines.render(answers, tmp_path)
    command = support.run("make", "--dry-run", "audit", cwd=project).split()
    assert command == ["python3", "scripts/setup.py", "audit"]
    printed = support.run(*command, "--help", cwd=project)
    assert "usage: pip-audit" in printed
    assert not (project / ".env").exists()
