"""Every distinct application: set up, checked, migrated, served and called."""

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import requests
from openapi_spec_validator import validate

from tests import recording, support, variants
from tests.conftest import MakeProject

RECORDED = Path(__file__).with_name("recorded")


def recorded(name: str, text: str, config: pytest.Config) -> str:
    """Return what is recorded under a name; with `--record`, write it first.

    All variants are held against one record: that is what makes them the same service.
    """
    path = RECORDED / name
    if config.getoption("--record"):
        RECORDED.mkdir(exist_ok=True)
        path.write_text(text)
    return path.read_text()


@variants.each_application()
def test_set_up_is_complete(answers: dict[str, Any], pristine: MakeProject) -> None:
    project = pristine(answers)
    for name in (
        ".env",
        "requirements.txt",
        "migrations/env.py",
        "instance/app.sqlite3",
    ):
        assert (project / name).stat().st_size > 0, name
    assert not (project / "scripts/prune.py").exists()
    assert not (project / ".git").exists()
    assert (project / ".env").stat().st_mode & 0o077 == 0
    assert len(list(project.glob("migrations/versions/*.py"))) == 1


@variants.each_application()
def test_make_check_passes(project: Path) -> None:
    printed = support.run("make", "check", cwd=project)
    assert re.search(r"\d+ passed", printed)
    assert "skipped" not in printed


@variants.each_application()
def test_strangers_tools_agree(project: Path) -> None:
    support.run("ruff", "check", "--isolated", ".", cwd=project)
    support.run("ruff", "format", "--check", ".", cwd=project)
    mypy = ("-m", "mypy", "--strict", "app")
    support.run(support.python(project), *mypy, cwd=project)


@variants.each_application()
def test_migrations_go_both_ways(project: Path, request: pytest.FixtureRequest) -> None:
    def flask(*command: str) -> str:
        return support.run("./manage.py", "db", *command, cwd=project)

    database = project / "instance/app.sqlite3"
    assert "No new upgrade operations" in flask("check")
    before = schema(database)
    assert before == recorded("schema.sql", before, request.config)
    flask("downgrade", "base")
    assert schema(database) == "CREATE TABLE alembic_version\n"
    flask("upgrade")
    assert schema(database) == before
    assert "No new upgrade operations" in flask("check")


def schema(path: Path) -> str:
    """Return the definition of every table and index of a SQLite database."""
    with sqlite3.connect(path) as connection:
        query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
        rows = [re.sub(r"\s+", " ", row[0]) for row in connection.execute(query)]
    connection.close()
    own = re.compile("(CREATE TABLE alembic_version).*")
    return "".join(f"{own.sub(lambda m: m[1], row)}\n" for row in rows)


@variants.each_application()
def test_served_it_is_the_same_service(
    project: Path, request: pytest.FixtureRequest
) -> None:
    with support.serve(project) as url:
        document = requests.get(f"{url}/openapi.json", timeout=30)
        answers = recording.answers(url)
    validate(document.json())
    assert document.json()["openapi"].startswith("3.1")
    expected = recorded("openapi.json", document.text + "\n", request.config)
    assert document.text + "\n" == expected
    text = json.dumps(answers, indent=1, ensure_ascii=False) + "\n"
    assert answers == json.loads(recorded("answers.json", text, request.config))
    assert not [answer for answer in answers if answer["status"] >= 500]


@variants.each_application()
def test_flask_command_works_too(project: Path) -> None:
    command = (".venv/bin/flask", "run", "--port", "{port}")
    with support.serve(project, *command) as url:
        assert requests.get(f"{url}/api/v1/users/", timeout=30).json()["items"] == []
    assert "Hello, world!" in support.run("./manage.py", "hello", cwd=project)
