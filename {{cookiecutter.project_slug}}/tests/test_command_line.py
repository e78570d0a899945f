"""Commands tell what is wrong with the database in one line, and hide no fault of ours."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.core.command_line import add, readable_errors
from app.core.data import soft_delete
from app.core.data.base import Base
from app.core.data.session import db
from app.core.discovery import modules
from app.settings import EXAMPLE_URL, ROOT


def test_database_that_cannot_be_reached_is_one_line() -> None:
    with pytest.raises(SystemExit) as end, readable_errors():
        raise OperationalError(None, None, Exception("no way to\nthe server"))
    assert end.value.code == (
        "The database of DATABASE_URL cannot be used: no way to the server | "
        f"It should look like {EXAMPLE_URL}"
    )


def test_without_packages_it_says_how_to_set_up(tmp_path: Path) -> None:
    copy = shutil.copy(ROOT / "manage.py", tmp_path)
    bare = [sys.executable, "-S", copy, "--help"]  # -S: without installed packages
    done = subprocess.run(bare, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "make setup" in done.stderr


def test_fault_of_ours_keeps_its_traceback() -> None:
    with pytest.raises(ProgrammingError), readable_errors():
        raise ProgrammingError("SELEC 1", {}, Exception("a syntax error"))


@pytest.mark.parametrize(
    ("age", "older_than"),
    [("30d", timedelta(days=30)), ("12h", timedelta(hours=12)), ("0h", timedelta())],
)
def test_purge_takes_days_and_hours(
    runner: FlaskCliRunner,
    monkeypatch: pytest.MonkeyPatch,
    age: str,
    older_than: timedelta,
) -> None:
    asked = []
    monkeypatch.setattr(soft_delete, "purge", lambda age: asked.append(age) or {})
    result: Result = runner.invoke(args=["purge", "--older-than", age])
    assert (result.exit_code, asked) == (0, [older_than])


@pytest.mark.parametrize("age", ["30", "1y", "-1d", "d", "123456d"])
def test_purge_refuses_other_times(runner: FlaskCliRunner, age: str) -> None:
    result = runner.invoke(args=["purge", f"--older-than={age}"])
    assert result.exit_code == 2
    assert "30d or 12h" in result.output


def test_demo_data_is_written_in_batches(app: Flask) -> None:
    """However many rows there are, few of them wait in memory."""
    (seed,) = (m.seed for m in modules("seeds") if m.MODEL.__tablename__ == "users")
    waiting = []

    def rows() -> Iterator[Base]:
        for row in seed(1001):
            waiting.append(len(db.session.new))
            yield row

    with app.app_context():
        add(rows(), 1001, "users")
    assert waiting == [*range(1000), 0]
