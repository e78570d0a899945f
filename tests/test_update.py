"""A project takes over a later version of the template, and keeps what was edited."""

import shutil
from pathlib import Path

from tests import support
from tests.support import commit
from tests.variants import TREE


def release(template: Path) -> None:
    """Commit a later version: one file changed, one added."""
    tree = template / TREE.name
    readme = tree / "README.md"
    readme.write_text(readme.read_text().replace("## First steps", "## Start here"))
    (tree / "NOTES.md").write_text("# Notes\n")
    commit(template)


def edit(project: Path) -> None:
    """Change a project as its owners do, near to what an update changes and far."""
    readme = project / "README.md"
    readme.write_text(readme.read_text() + "\nOurs.\n")
    (project / "app/users/extra.py").write_text('"""Ours."""\n')
    shutil.rmtree(project / "app/orders")
    shutil.rmtree(project / "tests/orders")
    commit(project)


def state(project: Path) -> dict[str, float]:
    """Return when what set-up made was last changed."""
    paths = [project / ".env", *project.glob("migrations/**/*")]
    paths += [*project.glob("requirements*.txt"), project / ".venv/pyvenv.cfg"]
    return {str(path): path.stat().st_mtime for path in paths}


def test_update_keeps_what_was_edited(template: Path, tmp_path: Path) -> None:
    create = ("cruft", "create", str(template), "--default-config", "-y")
    printed = support.run(*create, cwd=tmp_path)
    assert "Ready after" in printed
    project = tmp_path / "order-service"
    commit(project)
    edit(project)
    assert "README.md" in support.run("cruft", "diff", cwd=project)
    before = state(project)

    release(template)
    printed = support.run("cruft", "update", "-y", cwd=project)
    assert "Ready after" not in printed, "the comparison set a project up"
    check_updated(project)
    assert state(project) == before


def test_link_takes_over_a_project_of_cookiecutter(
    template: Path, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    output.mkdir()
    command = ("cookiecutter", str(template), "--default-config", "--no-input")
    support.run(*command, "layout=domain", "views=classes", "setup=false", cwd=output)
    project = output / "order-service"
    commit(project)
    edit(project)
    answers = (project / ".cookiecutter.json").read_text()
    link = ("cruft", "link", str(template), "-y", "--extra-context", answers)
    support.run(*link, cwd=project)
    assert '"views": "classes"' in (project / ".cruft.json").read_text()
    commit(project)

    release(template)
    update = ("cruft", "update", "-y", "--refresh-private-variables")
    support.run(*update, cwd=project)
    check_updated(project)
    assert "MethodView" in (project / "app/users/views.py").read_text()
    assert not (project / ".venv").exists(), "the comparison set the project up"


def check_updated(project: Path) -> None:
    """Check that the release arrived and the edits are still there."""
    readme = (project / "README.md").read_text()
    assert "## Start here" in readme
    assert readme.endswith("\nOurs.\n")
    assert (project / "NOTES.md").exists()
    assert (project / "app/users/extra.py").exists()
    assert not (project / "app/orders").exists()
    assert not (project / "scripts/prune.py").exists()
    assert not list(project.rglob("*.rej"))
    assert "<<<<<<<" not in readme
