"""Every distinct application: set up, checked, migrated, served and called."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator import validate

from tests import recording, support, variants
from tests.conftest import MakeProject
from tests.support import http

COUNT_USERS = """
from sqlalchemy import text
from app import create_app
from app.core.data.session import db
with create_app().app_context():
    print(db.session.scalar(text("SELECT count(*) FROM users")))
"""
RECORDED = Path(__file__).with_name("recorded")


def recorded(
    answers: dict[str, Any], name: str, text: str, config: pytest.Config
) -> str:
    """Return what is recorded under a name; with `--record`, write it first.

    All variants with the same answer to `auth` are held against one record: that is what
    makes them the same service.
    """
    path = RECORDED / answers["auth"] / name
    if config.getoption("--record"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return path.read_text()


@variants.each_application()
def test_set_up_is_complete(answers: dict[str, Any], pristine: MakeProject) -> None:
    project = pristine(answers)
    for name in (".env", "requirements.txt", "migrations/env.py", "openapi.json"):
        assert (project / name).stat().st_size > 0, name
    assert not (project / "scripts/prune.py").exists()
    assert not (project / ".git").exists()
    assert (project / ".env").stat().st_mode & 0o077 == 0
    assert len(list(project.glob("migrations/versions/*.py"))) == 1


@variants.each_pair()
def test_make_check_passes(answers: dict[str, Any], project: Path) -> None:
    """All of it where every two choices meet: the other tests here are about each.

    The tests have a database of their own, and leave the one of development alone.
    """
    support.run("./manage.py", "seed", "--users", "7", "--orders", "0", cwd=project)
    printed = support.run("make", "check", cwd=project)
    assert re.search(r"\d+ passed", printed)
    assert "skipped" not in printed
    assert printed.endswith("say what the code says.\n")
    assert " INFO " not in printed
    count = (support.python(project), "-c", COUNT_USERS)
    users = 7 + (answers["auth"] == "jwt")  # the superuser
    assert support.run(*count, cwd=project, LOG_LEVEL="ERROR").strip() == str(users)


@variants.each_application()
def test_code_is_clean(answers: dict[str, Any], pristine: MakeProject) -> None:
    """By its own rules, and by the bare ones of somebody who has none."""
    project = pristine(answers)
    if answers not in variants.sample():  # where it is a part of `make check`
        support.run("make", "lint", cwd=project)
    support.run("ruff", "check", "--isolated", ".", cwd=project)
    support.run("ruff", "format", "--check", ".", cwd=project)


@variants.each_pair()
def test_migrations_go_both_ways(
    answers: dict[str, Any], project: Path, request: pytest.FixtureRequest
) -> None:
    """One process runs all commands: to start each takes longer than what it does."""
    script = (support.python(project), Path(__file__).with_name("schema.py"))
    printed = support.run(*script, cwd=project, LOG_LEVEL="ERROR")
    *_, before, without, after = printed.splitlines()
    assert printed.count("No new upgrade operations") == 2
    text = json.dumps(json.loads(before), indent=1) + "\n"
    assert text == recorded(answers, "schema.json", text, request.config)
    assert without == "{}"
    assert after == before


@variants.each_combination()
def test_served_it_is_the_same_service(
    answers: dict[str, Any], project: Path, request: pytest.FixtureRequest
) -> None:
    support.hash_cheaply(project)
    with support.serve(project) as url:
        document = http.get(f"{url}/openapi.json", timeout=30)
        exchanges = recording.answers(url)
    text = json.dumps(document.json(), indent=1, sort_keys=True) + "\n"
    expected = recorded(answers, "openapi.json", text, request.config)
    assert document.json() == json.loads(expected)
    text = json.dumps(exchanges, indent=1, ensure_ascii=False) + "\n"
    expected = recorded(answers, "answers.json", text, request.config)
    assert exchanges == json.loads(expected)
    assert not [answer for answer in exchanges if answer["status"] >= 500]


@pytest.mark.parametrize("auth", variants.CHOICES["auth"])
def test_recorded_document_is_valid(auth: str) -> None:
    """Each example of a field is what the field allows, too."""
    document = json.loads((RECORDED / auth / "openapi.json").read_text())
    validate(document)
    assert document["openapi"].startswith("3.1")
    schemas = document["components"]["schemas"]
    fields = [f for schema in schemas.values() for f in schema["properties"].values()]
    examples = [
        (field, value) for field in fields for value in field.get("examples", [])
    ]
    for field, value in examples:
        OAS31Validator(field, format_checker=oas31_format_checker).validate(value)
    assert len(examples) > 5


@variants.each_of("views")
def test_flask_command_works_too(project: Path) -> None:
    command = (".venv/bin/flask", "run", "--port", "{port}")
    with support.serve(project, *command) as url:
        assert http.get(f"{url}/api/v1/users/", timeout=30).ok
    assert "Hello, world!" in support.run("./manage.py", "hello", cwd=project)
