"""Every pipeline that a project can have, held against the tools of its format."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from tests import pipelines, support
from tests.pipelines import CHECKS, DIFFERENT, ONE_BY_ONE, published
from tests.variants import ROOT, TREE, label


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return a project for each different pipeline, with the job `publish` in it."""
    made = {}
    for answers in DIFFERENT:
        output = tmp_path_factory.mktemp(label(answers))
        made[label(answers)] = pipelines.render(answers, output)
    return made


def edit(project: Path, name: str, text: str) -> None:
    """Write a file of a project, and commit that."""
    (project / name).write_text(text)
    support.commit(project)


@pytest.mark.parametrize("answers", DIFFERENT, ids=label)
def test_each_tool_finds_nothing(
    answers: dict[str, str], pushed: dict[str, Path]
) -> None:
    """As it is rendered; and with the job that owners take out of its comment."""
    project = pushed[label(answers)]
    main = pipelines.FILES[answers["ci"]][0]
    for tool in ONE_BY_ONE[answers["ci"]]:
        code, printed = CHECKS[tool](project)
        assert code == 0, f"{tool}: {printed}"
    text = (project / main).read_text()
    assert (published(text) != text) == (answers["deploy"] != "none")
    if (answers["database"], answers["deploy"]) == ("postgresql", "docker"):
        (project / main).write_text(published(text))
        for tool in ONE_BY_ONE[answers["ci"]]:
            code, printed = CHECKS[tool](project)
            assert code == 0, f"{tool}, publish: {printed}"
        (project / main).write_text(text)


def test_every_file_fits_its_schema(pushed: dict[str, Path]) -> None:
    code, printed = pipelines.schema(*pushed.values())
    assert code == 0, printed


# What becomes what, and is an error.
JENKINS_FAULTS = {
    "steps {": "step {",
    "timeout(time: 1,": "timeuot(time: 1,",
    "'HOURS'": "'HOUR'",
    "agent any\n      steps": "agent all\n      steps",
    "agent any\n        axes": "axes",
    "agent none\n": "",
    "sh 'make audit PYTHON=python3.14'": "sh make audit",
    "triggeredBy 'TimerTrigger'": "triggeredBy('TimerTriger')",
    "stages {": "stages",
    "beforeAgent true": "beforeAgent 'true'",
}


@pytest.fixture(scope="module")
def read_jenkinsfiles(
    pushed: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[dict[str, Any]]]:
    """Return what Groovy says of each Jenkinsfile, also of those with a fault.

    All in one process: starting one takes longer than reading the files.
    """
    folder = tmp_path_factory.mktemp("jenkinsfiles")
    texts = {
        name: (project / "Jenkinsfile").read_text()
        for name, project in pushed.items()
        if name.endswith("jenkins")
    }
    good = texts["postgresql-docker-jenkins"]
    texts |= {f"{name}-published": published(text) for name, text in texts.items()}
    for number, (part, fault) in enumerate(JENKINS_FAULTS.items()):
        assert part in good, part
        texts[f"fault-{number}"] = good.replace(part, fault, 1)
    for name, text in texts.items():
        (folder / name).write_text(text)
    _, steps = pipelines.groovy("list", *sorted(folder.iterdir()), cwd=folder)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in texts}
    for step in steps:
        found[Path(step["file"]).name].append(step)
    return found


def test_jenkinsfiles(
    read_jenkinsfiles: dict[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    """All words are known where they stand, and shellcheck likes the scripts."""
    right = {n: s for n, s in read_jenkinsfiles.items() if "fault" not in n}
    wrong = [step for steps in right.values() for step in steps if "error" in step]
    assert all(right.values()), "a file without steps"
    assert not wrong
    scripts = {step["sh"] for steps in right.values() for step in steps}
    check_scripts(scripts, tmp_path)
    stages = [step["stage"] for step in right["sqlite-docker-jenkins-published"]]
    assert stages[-1] == "publish"


def test_what_runs_by_itself_in_jenkins(
    read_jenkinsfiles: dict[str, list[dict[str, Any]]],
) -> None:
    steps = read_jenkinsfiles["postgresql-docker-jenkins"]
    assert {step["stage"]: step["causes"] for step in steps} == {
        "setup and check": ["change", "dependencies", "parameter"],
        "check, at last": ["change", "dependencies", "parameter"],
        "audit": ["dependencies", "timer", "parameter"],
        "image": ["change", "dependencies", "parameter"],
    }


def check_scripts(scripts: set[str], folder: Path) -> None:
    """Let shellcheck read what `sh` gets in a Jenkinsfile."""
    for number, script in enumerate(sorted(scripts)):
        (folder / f"{number}.sh").write_text(script)
    names = sorted(path.name for path in folder.glob("*.sh"))
    code, printed = pipelines.call("shellcheck", "--shell=sh", *names, cwd=folder)
    assert code == 0, printed


# Where a fault is planted, what becomes what, which tool tells it and what it says.
CHECK, AUDIT, UPDATES = pipelines.FILES["github"]
GITLAB, RENOVATE = pipelines.FILES["gitlab"]
KEPT = "persist-credentials: false"
WITH_KEPT = f"        with:\n          {KEPT}\n"
TITLE = "run: echo ${{ github.event.pull_request.title }}"
FAULTS = [
    (CHECK, "    runs-on: ubuntu-24.04\n", "", "actionlint", '"runs-on" section is mi'),
    (CHECK, "matrix.python-version }})", "matrix.pyton }})", "actionlint", "pyton"),
    (CHECK, "name: image", "needs: chek", "actionlint", "chek"),
    (CHECK, "run: make check", TITLE, "actionlint", "untrusted"),
    (CHECK, "run: make check", "run: make $FILES", "actionlint", "SC2086"),
    (CHECK, KEPT, "persist-credential: false", "actionlint", "is not defined in act"),
    (AUDIT, "17 5 * * 1", "17 5 * * 8", "actionlint", "CRON"),
    (CHECK, "run: make check", TITLE, "zizmor", "template-injection"),
    (CHECK, "permissions: {}", "permissions: write-all", "zizmor", "excessive-perm"),
    (CHECK, WITH_KEPT, "", "zizmor", "artipacked"),
    (CHECK, "3d3c42e5aac5ba805825da76410c181273ba90b1 #", "v7 #", "zizmor", "unpinned"),
    (UPDATES, "cooldown:\n      default-days: 7", "", "zizmor", "dependabot-cooldown"),
    (UPDATES, "weekly", "wekly", "check-jsonschema", "wekly"),
    (UPDATES, "pip\n", "pipp\n", "check-jsonschema", "pipp"),
    (CHECK, "    runs-on: ubuntu-24.04\n", "", "check-jsonschema", "runs-on"),
    (GITLAB, "script:", "scipt:", "check-jsonschema", "scipt"),
    (GITLAB, "build-image:", "image:", "check-jsonschema", "image"),
    (GITLAB, '- if: $CI_PIPELINE_SOURCE != "', '- fi: "', "check-jsonschema", "fi"),
    (RENOVATE, '"7 days"', "7", "check-jsonschema", "minimumReleaseAge"),
    (GITLAB, "script:", "scipt:", "gitlab-ci-local", "must have script"),
    (GITLAB, "audit:\n", "audit:\n  stage: nowhere\n", "gitlab-ci-local", "nowhere"),
    (GITLAB, "audit:\n", "audit:\n  needs: [chek]\n", "gitlab-ci-local", "chek"),
    (GITLAB, "make audit", "make $(ls)", "gitlab-ci-verify", "SC2046"),
]


@pytest.mark.parametrize(
    ("name", "good", "bad", "tool", "words"),
    FAULTS,
    ids=[f"{tool}-{words}" for _, _, _, tool, words in FAULTS],
)
def test_each_tool_tells_what_it_is_there_for(
    name: str, good: str, bad: str, tool: str, words: str, pushed: dict[str, Path]
) -> None:
    ci = "github" if ".github" in name else "gitlab"
    project = pushed[f"postgresql-docker-{ci}"]
    text = (project / name).read_text()
    assert good in text
    (project / name).write_text(text.replace(good, bad, 1))
    try:
        code, printed = CHECKS[tool](project)
    finally:
        (project / name).write_text(text)
    assert code != 0
    assert words in re.sub(r"\x1b\[\d+m", "", printed)


@pytest.mark.parametrize("number", range(len(JENKINS_FAULTS)))
def test_faults_in_a_jenkinsfile(
    number: int, read_jenkinsfiles: dict[str, list[dict[str, Any]]]
) -> None:
    assert any("error" in step for step in read_jenkinsfiles[f"fault-{number}"])


def test_shellcheck_reads_the_scripts_of_a_jenkinsfile(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="SC2086"):
        check_scripts({"make setup PYTHON=$PYTHON"}, tmp_path)


@pytest.mark.parametrize("ci", ["github", "gitlab", "jenkins"])
@pytest.mark.parametrize("database", ["postgresql", "mysql"])
def test_urls_name_the_database_that_runs(
    ci: str, database: str, pushed: dict[str, Path]
) -> None:
    """No tool compares a service with the URL that is to reach it."""
    project = pushed[f"{database}-docker-{ci}"]
    text = (project / pipelines.FILES[ci][0]).read_text()
    urls = [urlsplit(url) for url in re.findall(r"[a-z]+\+\w+://[^\s\"]+", text)]
    password = re.search(r"(?:ROOT|POSTGRES)_PASSWORD[:=] ?(\w+)", text)[1]
    port = {"postgresql": "5432", "mysql": "3306"}[database]
    assert urls
    for url in urls:
        assert (url.password, url.username in ("root", "postgres")) == (password, True)
        if ci == "github":
            assert f"127.0.0.1:{port}" in url.netloc
            assert f'"{port}:{port}"' in text
        elif ci == "gitlab":
            assert f"@database:{port}" in url.netloc
            assert "alias: database" in text
        else:
            assert "@$address" in url.netloc
            assert f'docker port "check-$EXECUTOR_NUMBER" {port}/tcp' in text
            assert f"--publish 127.0.0.1::{port} " in text


@pytest.mark.parametrize("folder", [ROOT, TREE], ids=["own", "generated"])
def test_jobs_are_bounded_and_run_once(folder: Path, pushed: dict[str, Path]) -> None:
    """For one commit: a branch is checked by its pull request, `main` by the push."""
    project = ROOT if folder == ROOT else pushed["postgresql-docker-github"]
    for path in pipelines.workflows(project):
        workflow = yaml.safe_load(published(path.read_text()))
        on = workflow[True]  # YAML 1.1 takes the key `on` for a truth
        assert workflow["permissions"] == {}, path
        assert set(on.get("push") or {"branches": []}) <= {"branches", "tags"}, path
        assert "push" not in on or on["push"], path
        assert workflow["concurrency"]["group"], path
        for job in workflow["jobs"].values():
            assert job["timeout-minutes"] <= 90, path
            assert "permissions" in job, path


@pytest.mark.parametrize(
    ("source", "change", "jobs"),
    [
        ("push", "README.md", {"check: [3.11]", "check: [3.14]", "build-image"}),
        ("schedule", "README.md", {"audit"}),
        (
            "merge_request_event",
            "requirements.txt",
            {"check: [3.11]", "check: [3.14]", "build-image", "audit"},
        ),
        (
            "merge_request_event",
            "README.md",
            {"check: [3.11]", "check: [3.14]", "build-image"},
        ),
    ],
)
def test_what_runs_by_itself_in_gitlab(
    source: str, change: str, jobs: set[str], tmp_path: Path
) -> None:
    answers = {"database": "postgresql", "deploy": "docker", "ci": "gitlab"}
    project = pipelines.render(answers, tmp_path)
    edit(project, change, "changed\n")
    options = ("--ignore-predefined-vars", "CI_PIPELINE_SOURCE", "--list-csv")
    variable = ("--variable", f"CI_PIPELINE_SOURCE={source}")
    _, printed = pipelines.gitlab_ci_local(project, *options, *variable)
    listed = re.findall(r"^([\w: \[\].-]+);test;(\w+);", printed, re.MULTILINE)
    assert {name for name, when in listed if when == "on_success"} == jobs, printed
    workflow = yaml.safe_load((project / ".gitlab-ci.yml").read_text())["workflow"]
    assert [rule["if"] for rule in workflow["rules"]] == [
        '$CI_PIPELINE_SOURCE == "merge_request_event"',
        "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH",
    ]


def test_own_pipeline() -> None:
    for tool in (*ONE_BY_ONE["github"], "check-jsonschema"):
        code, printed = CHECKS[tool](ROOT)
        assert code == 0, f"{tool}: {printed}"


def test_actions_have_one_version() -> None:
    """Dependabot changes the pins of the template's own workflows: the tree follows."""
    paths = [*pipelines.workflows(ROOT), *pipelines.workflows(TREE)]
    used: dict[str, set[str]] = {}
    for path in paths:
        for action, pin in re.findall(r"uses: ([\w/-]+)@(.+)", path.read_text()):
            used.setdefault(action, set()).add(pin)
    own = "".join(path.read_text() for path in pipelines.workflows(ROOT))
    for action, pins in used.items():
        assert action in own, f"Dependabot does not see {action}: use it in ci.yml"
        assert len(pins) == 1, f"{action} has {pins}: take the newer one in all files"
