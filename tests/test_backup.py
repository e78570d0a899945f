"""The commands of the generated README that save a database and bring it back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests import mysql, postgresql, support, variants
from tests.test_readme import blocks, commands, shell

CONTENTS = """
import sys
from sqlalchemy import MetaData, create_engine, select

engine, metadata = create_engine(sys.argv[1]), MetaData()
metadata.reflect(engine)
with engine.connect() as connection:
    for name in sorted(metadata.tables):
        rows = connection.execute(select(metadata.tables[name]))
        print(name, *sorted(map(repr, rows)), sep="\\n")
"""
Databases = tuple[str, str, dict[str, str]]


@contextmanager
def sqlite(project: Path) -> Iterator[Databases]:
    """Yield the URLs of both databases, here one, and variables of the commands."""
    url = f"sqlite:///{project}/instance/app.sqlite3"
    yield url, url, {}


@contextmanager
def postgres(project: Path) -> Iterator[Databases]:
    """Use a server of its own, and the programs that come with it."""
    with postgresql.server(project) as port:
        server = f"postgresql://postgres:postgres@127.0.0.1:{port}"
        programs = postgresql.programs(project)
        create = ("-q", "-c", "CREATE DATABASE restored")
        support.run(programs / "psql", *create, f"{server}/postgres", cwd=project)
        variables = {
            "URL": f"{server}/postgres",
            "EMPTY_URL": f"{server}/restored",
            "PATH": f"{programs}:{support.environment()['PATH']}",
        }
        driver = server.replace("postgresql:", "postgresql+psycopg:")
        yield f"{driver}/postgres", f"{driver}/restored", variables


@contextmanager
def mariadb(project: Path) -> Iterator[Databases]:
    """Use the server of the tests."""
    server = f"mysql+pymysql://root:root@127.0.0.1:{mysql.PORT}"
    names = f"order_{uuid4().hex}", f"restored_{uuid4().hex}"
    for name in names:
        make = f"CREATE DATABASE {name}"
        support.run(*mysql.CLIENT, "-e", make, cwd=project)
    try:
        first, second = (f"{server}/{name}" for name in names)
        yield first, second, {"MYSQL_PWD": "root"}
    finally:
        for name in names:
            support.run(*mysql.CLIENT, "-e", f"DROP DATABASE {name}", cwd=project)


SERVERS = {"sqlite": sqlite, "postgresql": postgres, "mysql": mariadb}


@variants.each_of("database")
def test_backup_and_restore(answers: dict[str, Any], project: Path) -> None:
    """What comes after the backup is not there; all else is, and can be served."""
    if answers["database"] == "mysql":
        support.need("mariadb-dump", "it makes the backup")
    with SERVERS[answers["database"]](project) as (url, restored, variables):
        used = {"DATABASE_URL": url, "LOG_LEVEL": "ERROR"}
        for command in ("db upgrade", "seed --users 20 --orders 40"):
            support.run("./manage.py", *command.split(), cwd=project, **used)
        before = contents(project, url)
        *shared, backup, restore = readme(project, url, restored)
        shell("\n".join([*shared, backup]), project, **variables)
        support.run("./manage.py", "seed", "--users", "1", cwd=project, **used)
        assert contents(project, url) != before
        shell("\n".join([*shared, restore]), project, **variables)
        assert contents(project, restored) == before
        assert before.count("@example.com") >= 20
        used["DATABASE_URL"] = restored
        support.run("./manage.py", "db", "check", cwd=project, **used)


def readme(project: Path, url: str, restored: str) -> list[str]:
    """Return the commands, for the databases of this test where they name others."""
    texts = blocks(project / "README.md", "sh")
    text = next(text for text in texts if "backup" in text)
    if "mysql" in url:
        text = text.replace("restored", restored.rsplit("/", 1)[1])
        text = text.replace(" order_service\n", f" {url.rsplit('/', 1)[1]}\n")
    return commands(text)


def contents(project: Path, url: str) -> str:
    """Return every row of every table."""
    return support.run(support.python(project), "-c", CONTENTS, url, cwd=project)


def test_a_wrong_name_restores_nothing(tmp_path: Path) -> None:
    """A misspelt backup of SQLite must not empty the database."""
    answers = {"database": "sqlite", "ci": "none", "deploy": "none"}
    project = variants.prune(variants.render(answers, tmp_path))
    (project / "instance").mkdir()
    (project / "instance/app.sqlite3").write_bytes(b"as it was")
    *shared, _, restore = readme(project, "", "")
    with pytest.raises(pytest.fail.Exception, match="unable to open"):
        shell("\n".join([*shared, restore]), project)
    assert (project / "instance/app.sqlite3").read_bytes() == b"as it was"
