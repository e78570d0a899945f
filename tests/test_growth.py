"""What a team does with a project: adds, removes and breaks things."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests import support, variants
from tests.support import ROOT_USER, http

BOOK = '''"""The table of books."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.data.base import Base


class Book(Base):
    """Something to read."""

    __tablename__ = "books"

    title: Mapped[str] = mapped_column(String(200))
'''


def module(answers: dict[str, Any], folder: str, kind: str) -> str:
    """Return where a layout keeps a module: of `books`, `models` for example."""
    if answers["layout"] == "domain":
        return f"app/{folder}/{kind}.py"
    return f"app/{kind}/{folder.removesuffix('s')}.py"


def delete(project: Path, answers: dict[str, Any], folder: str) -> None:
    """Delete the files of a resource and its tests."""
    if answers["layout"] == "domain":
        shutil.rmtree(project / "app" / folder)
    else:
        for path in project.glob(f"app/*/{folder.removesuffix('s')}.*"):
            path.unlink()
    shutil.rmtree(project / "tests" / folder, ignore_errors=True)


def db(project: Path, *command: str) -> str:
    """Run `./manage.py db …`."""
    return support.run("./manage.py", "db", *command, cwd=project)


def newest_revision(project: Path) -> str:
    """Return the text of the newest revision."""
    return max(project.glob("migrations/versions/*.py"), key=revision_date).read_text()


def revision_date(path: Path) -> float:
    """Return when a revision was written."""
    return path.stat().st_mtime


@variants.each_of("layout")
def test_new_model_is_seen_by_migrate(answers: dict[str, Any], project: Path) -> None:
    path = project / module(answers, "books", "models")
    path.parent.mkdir(exist_ok=True)
    path.write_text(BOOK)
    db(project, "migrate", "-m", "add books")
    assert 'create_table(\n        "books"' in newest_revision(project)
    db(project, "upgrade")
    db(project, "check")
    db(project, "downgrade")
    db(project, "upgrade")
    if answers["layout"] == "domain":
        (path.parent / "__init__.py").write_text('"""Books."""\n')
        support.check_resources(project)
    else:  # the tests know no place
        support.run("make", "lint", cwd=project)
        support.run(support.python(project), "scripts/check.py", cwd=project)


@variants.each([a for a in variants.COMBINATIONS if a["layout"] == "layer"][:1])
def test_orders_can_be_deleted(answers: dict[str, Any], project: Path) -> None:
    """By hand; the command removes them in the other layout (test_scaffold.py)."""
    delete(project, answers, "orders")
    support.run(*support.resource_tests(project), cwd=project)
    script = (support.python(project), "scripts/check.py")  # the end of `make check`
    assert "no migration" in support.run(*script, cwd=project, code=1)
    db(project, "migrate", "-m", "drop orders")
    assert 'drop_table("orders")' in newest_revision(project)
    support.run("./manage.py", "seed", "--users", "1", cwd=project)  # data stays
    db(project, "upgrade")
    assert "make openapi" in support.run(*script, cwd=project, code=1)
    support.run("make", "openapi", cwd=project)
    support.run("make", "lint", cwd=project)
    support.run(*script, cwd=project)
    with support.serve(project) as url:
        users = http.get(f"{url}/api/v1/users/", timeout=30).json()["items"]
        assert len([u for u in users if u["email"] != ROOT_USER["email"]]) == 1
        assert http.get(f"{url}/api/v1/orders/", timeout=30).status_code == 404


# What the import rule forbids: a statement, and the module that it must not stand in.
UPWARDS = {
    "core/web/fields.py": "from app.core import factory",
    "core/data/base.py": "from app.core.web import fields",
    "core/errors.py": "import app.core.data.session",
    "core/new_room.py": "import json",
    "core/metrics/requests.py": "from app.core.identity import tokens",
    "core/identity/sign_ins.py": "from app.core.metrics import identity",
    "settings.py": "from app.core.data import dialect",
}
SIDEWAYS = {
    "domain": {
        "users/models.py": "from . import views",
        "orders/views.py": "from app.users.schemas import UserRead",
        "orders/services.py": "from app.users import views",
        "core/data/repository.py": "from app.users.models import User",
    },
    "layer": {
        "models/user.py": "from app.views import user",
        "views/order.py": "from app.views.user import blp",
        "seeds/order.py": "from app.seeds import user",
        "services/order.py": "from app.views import user",
        "schemas/order.py": "from app.services import user",
        "core/data/repository.py": "from app.models.user import User",
    },
}


@variants.each_of("layout")
def test_imports_point_one_way(answers: dict[str, Any], project: Path) -> None:
    """Each forbidden import turns `make lint` red, and the untouched project is green."""
    lint = (".venv/bin/lint-imports", "--no-logo", "--no-cache")
    assert " 0 broken" in support.run(*lint, cwd=project)
    for name, statement in {**UPWARDS, **SIDEWAYS[answers["layout"]]}.items():
        path = project / "app" / name
        before = path.read_text() if path.exists() else None
        path.write_text(f"{before or ''}\n{statement}\n")
        assert "BROKEN" in support.run(*lint, cwd=project, code=1), statement
        path.write_text(before) if before is not None else path.unlink()


@variants.each_of("layout")
def test_welcome_page_can_be_deleted(answers: dict[str, Any], project: Path) -> None:
    """Tests run without it where orders are removed, too."""
    delete(project, answers, "welcome")
    support.run("make", "lint", cwd=project)
    with support.serve(project) as url:
        assert http.get(url, timeout=30).status_code == 404


@variants.each_of("layout")
@pytest.mark.parametrize("fault", ["def broken(:", "import nothing_like_it"])
@pytest.mark.parametrize("kind", ["models", "views"])
def test_broken_module_stops_the_start(
    answers: dict[str, Any], project: Path, fault: str, kind: str
) -> None:
    name = module(answers, "orders", kind)
    with (project / name).open("a") as file:
        file.write(f"\n{fault}\n")
    for command in (
        ("./manage.py", "db", "upgrade"),
        (".venv/bin/gunicorn", "app.wsgi"),
    ):
        printed = support.run(
            *command, cwd=project, code=None, PORT=str(support.free_port())
        )
        assert name in printed, command


@variants.each_of("database")
def test_changed_column_of_a_referred_table(
    answers: dict[str, Any], project: Path
) -> None:
    """SQLite makes the table anew; the orders that refer to it must survive."""
    support.run("./manage.py", "seed", cwd=project)
    path = project / module(answers, "users", "models")
    path.write_text(path.read_text().replace("String(100)", "String(120)"))
    db(project, "migrate", "-m", "longer names")
    db(project, "upgrade")
    with support.serve(project) as url:
        assert len(http.get(f"{url}/api/v1/orders/", timeout=30).json()["items"]) == 10


@variants.each_of("database")
def test_changed_enum_is_noticed(answers: dict[str, Any], project: Path) -> None:
    """Alembic does not compare CHECK constraints; `make check` does."""
    path = project / module(answers, "orders", "models")
    text = path.read_text()
    path.write_text(text.replace('PAID = "paid"', 'PAID = "paid"\n    LOST = "lost"'))
    script = (support.python(project), "scripts/check.py")
    assert "ck_orders_orderstatus" in support.run(*script, cwd=project, code=1)
    db(project, "revision", "-m", "orders can be lost")
    support.run("make", "lint", cwd=project)
    db(project, "upgrade")
