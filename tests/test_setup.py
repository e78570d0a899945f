"""Set-up in bad environments: the project stays, and a later run finishes it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import support, variants
from tests.conftest import MakeProject

# A Python without uv beside it, as on a machine that never had it.
BARE = sys._base_executable
NO_UV = {"PATH": "/usr/bin:/bin", "UV": None}
UNREACHABLE = "http://127.0.0.1:9/simple"


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """Return a project that was rendered and not set up."""
    support.generate(tmp_path, {"setup": False})
    return tmp_path / "order-service"


@pytest.fixture
def pipless(tmp_path: Path) -> Path:
    """Return a Python without pip, as on Debian without python3-pip."""
    support.run("uv", "venv", "-q", "--python", BARE, "pipless", cwd=tmp_path)
    return tmp_path / "pipless/bin/python"


def set_up(
    project: Path, code: int = 0, python: str | Path = BARE, **changes: str | None
) -> str:
    """Run set-up as `make setup` does; return what it prints."""
    return support.run(python, "scripts/setup.py", cwd=project, code=code, **changes)


def check(project: Path) -> None:
    """Check that a project is set up: it answers from its database."""
    with support.serve(project, as_superuser=False):
        pass  # it waits until /health/ready answers


def offline(tmp_path: Path) -> dict[str, str]:
    """Return an environment with a cold cache and no network."""
    return {"UV_CACHE_DIR": str(tmp_path / "cold"), "UV_OFFLINE": "1"}


def test_steps_are_shown_as_they_happen(fresh: Path) -> None:
    printed = set_up(fresh)
    assert re.findall(r"^  (\S.*?) \.+ \d+\.\d s$", printed, re.MULTILINE) == [
        "virtual environment",
        "requirements*.txt",
        "packages",
        ".env with a secret",
        "migrations and database",
    ]
    assert "git add -A && git commit" in printed.split("Next, in")[1].splitlines()[1]
    assert printed.isascii()


def test_second_run_changes_nothing(fresh: Path) -> None:
    set_up(fresh)
    before = content(fresh)
    set_up(fresh)
    assert content(fresh) == before


def content(project: Path) -> dict[Path, bytes]:
    """Return the bytes of every file that git would track."""
    paths = [*variants.files(project).values(), *project.glob("migrations/**/*.*")]
    return {path: path.read_bytes() for path in paths if path.suffix != ".pyc"}


def test_fresh_clone_by_a_second_person(fresh: Path, tmp_path: Path) -> None:
    set_up(fresh)
    git = ("git", "-c", "user.name=A", "-c", "user.email=a@example.com")
    support.run(*git, "init", "-q", cwd=fresh)
    support.run(*git, "add", "-A", cwd=fresh)
    support.run(*git, "commit", "-qm", "Generated, untouched", cwd=fresh)
    tracked = support.run("git", "ls-files", cwd=fresh).split()
    assert {"requirements.txt", "migrations/env.py"} <= set(tracked)
    assert not {".env", "instance/app.sqlite3"} & set(tracked)
    assert not [name for name in tracked if name.startswith(".venv")]
    assert {*variants.files(fresh)} <= {*tracked, ".env"}, "what a clone would lack"
    assert len(tracked) <= 177, f"{len(tracked)} files"

    clone = tmp_path / "clone"
    support.run(*git, "clone", "-q", str(fresh), str(clone), cwd=tmp_path)
    set_up(clone)
    assert support.run("git", "status", "--porcelain", cwd=clone) == ""
    assert secret(clone) != secret(fresh)
    check(clone)  # test_pipeline_commands.py runs all tests in a clone


def secret(project: Path) -> str:
    """Return the secret of a project."""
    return re.search(
        "^SECRET_KEY=(.{32,})$", (project / ".env").read_text(), re.MULTILINE
    )[1]


def test_hooks_off_then_set_up(tmp_path: Path, pristine: MakeProject) -> None:
    for answers in variants.sample():
        output = tmp_path / variants.label(answers)
        support.generate(output, {**answers, "setup": True}, "--accept-hooks", "no")
        project = output / "order-service"
        (project / ".venv").symlink_to(pristine(answers) / ".venv")
        set_up(project)
        theirs = variants.files(pristine(answers))
        ours = variants.files(project)
        assert ours.keys() == theirs.keys()
        for name, path in ours.items():
            assert name == ".env" or path.read_bytes() == theirs[name].read_bytes(), (
                name
            )


def test_settings_of_the_shell_are_not_those_of_the_project(tmp_path: Path) -> None:
    """Each of them: a new one is known to the hook by standing in .env.example."""
    source = (variants.TREE / "app/settings.py").read_text()
    settings = re.findall("^    ([A-Z_]+): ", source, re.MULTILINE)
    assert {"DATABASE_POOL_SIZE", "LOGIN_LIMIT", "SECRET_KEY"} <= {*settings}
    nonsense = dict.fromkeys([*settings, "TEST_DATABASE_URL"], "nonsense")
    printed = support.generate(tmp_path, {"database": "postgresql"}, **nonsense)
    assert "Ready after" in printed, printed


def test_no_uv(fresh: Path) -> None:
    set_up(fresh, **NO_UV)
    assert (fresh / ".venv/bin/uv").exists()
    check(fresh)
    set_up(fresh, **NO_UV)


def test_uv_is_gone_later(fresh: Path) -> None:
    set_up(fresh)
    set_up(fresh, **NO_UV)


def test_wrong_setting_is_named(fresh: Path) -> None:
    set_up(fresh)
    printed = set_up(fresh, code=1, SECRET_KEY="short")
    assert "A setting is wrong: SECRET_KEY" in printed
    assert "Traceback" not in printed


def test_no_network(tmp_path: Path) -> None:
    printed = support.generate(tmp_path, {}, **offline(tmp_path))
    project = tmp_path / "order-service"
    assert "The package index cannot be reached" in printed
    assert "make setup" in printed.splitlines()[-1]
    assert "Traceback" not in printed
    support.run("make", "setup", cwd=project)
    check(project)


def test_index_that_refuses(tmp_path: Path) -> None:
    cold = str(tmp_path / "cold")
    printed = support.generate(
        tmp_path, {}, UV_CACHE_DIR=cold, UV_DEFAULT_INDEX=UNREACHABLE
    )
    assert "The package index cannot be reached" in printed
    set_up(tmp_path / "order-service")


def test_no_uv_no_pip_and_no_network(fresh: Path, pipless: Path) -> None:
    """The second run must not be fooled by the half-made environment of the first."""
    nothing = {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": None,
        "PIP_CONFIG_FILE": os.devnull,
    }
    printed = set_up(fresh, code=1, python=pipless, **NO_UV, **nothing)
    assert "The package index cannot be reached" in printed
    set_up(fresh, python=pipless, **NO_UV)
    check(fresh)


def test_broken_pip(fresh: Path, pipless: Path) -> None:
    set_up(
        fresh,
        code=1,
        python=pipless,
        **NO_UV,
        PIP_INDEX_URL=UNREACHABLE,
        PIP_FIND_LINKS=None,
        PIP_CONFIG_FILE=os.devnull,
        PIP_RETRIES="0",
    )
    for path in (fresh / ".venv").rglob("site-packages/pip/__main__.py"):
        path.write_text("raise SystemExit('pip is broken')")
    printed = set_up(fresh, code=1, python=pipless, **NO_UV)
    assert "pip is broken" in printed
    set_up(fresh)  # with uv it can be finished all the same
    check(fresh)


def test_no_venv_module(fresh: Path, tmp_path: Path, pipless: Path) -> None:
    """As on Debian without python3-venv."""
    site = next((tmp_path / "pipless").rglob("site-packages"))
    (site / "sitecustomize.py").write_text("import sys\nsys.modules['venv'] = None\n")
    printed = set_up(fresh, code=1, python=pipless, **NO_UV)
    assert "apt install python3-venv" in printed
    assert "make setup" in printed.splitlines()[-1]
    set_up(fresh)
    check(fresh)


def test_disk_full(tmp_path: Path) -> None:
    """A real small disk; only root can make one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("a small disk can be mounted by root only")
    mount = ("mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(disk))
    support.run(*mount, cwd=tmp_path)
    try:
        printed = support.generate(disk, {})
        assert "The disk is full." in printed
        assert "Traceback" not in printed
        support.run("mount", "-o", "remount,size=900m", str(disk), cwd=tmp_path)
        set_up(disk / "order-service")
        check(disk / "order-service")
    finally:
        support.run("umount", str(disk), cwd=tmp_path)


def test_console_without_unicode(tmp_path: Path) -> None:
    output = tmp_path / "프로젝트 with spaces 🚀"
    ascii_only = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    printed = support.generate(output, {"project_name": "주문"}, **ascii_only)
    assert "Ready after" in printed
    check(output / "jumun")


@pytest.mark.parametrize("moment", ["virtual environment", "packages", "migrations"])
def test_ctrl_c(tmp_path: Path, moment: str) -> None:
    command = ["cookiecutter", str(variants.ROOT), "--default-config", "--no-input"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=support.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=support.heed_ctrl_c,
    )
    printed = b""
    while moment.encode() not in printed:
        printed += process.stdout.read1()
    time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    printed += process.communicate(timeout=60)[0]
    assert b"Traceback" not in printed, printed.decode()
    assert b"make setup" in printed or b"Ready" in printed
    project = tmp_path / "order-service"
    assert (project / "manage.py").exists()
    set_up(project)
    check(project)


def test_other_environments_are_left_alone(fresh: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    support.run("uv", "venv", "-q", str(other), cwd=tmp_path)
    before = sorted(other.rglob("*"))
    set_up(fresh, VIRTUAL_ENV=str(other), PYTHONPATH=str(tmp_path), FLASK_APP="x:y")
    assert sorted(other.rglob("*")) == before
    check(fresh)


def test_other_database_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite3"
    url = f"sqlite:///{other}"
    support.generate(tmp_path, {}, DATABASE_URL=url, APP_ENV="production")
    assert not other.exists()
    check(tmp_path / "order-service")


def test_nothing_outside_the_project(tmp_path: Path) -> None:
    """Inside another work tree, git is left alone; the home directory stays empty."""
    home = tmp_path / "home"
    home.mkdir()
    support.run("git", "init", "-q", cwd=tmp_path)
    cache = support.run("uv", "cache", "dir", cwd=tmp_path).strip()
    before = support.run("git", "status", "--porcelain", cwd=tmp_path)
    printed = support.generate(tmp_path, {}, HOME=str(home), UV_CACHE_DIR=cache)
    assert not (tmp_path / "order-service/.git").exists()
    assert "git init" not in printed
    assert support.run("git", "status", "--porcelain", cwd=tmp_path) != before
    assert support.run("git", "diff", "--cached", cwd=tmp_path) == ""
    assert [path.name for path in home.iterdir()] in ([], [".cookiecutter_replay"])


@pytest.mark.parametrize(
    "fault", ["a file", "no interpreter", "empty", "half a package", "half migrated"]
)
def test_half_made_is_repaired(fresh: Path, tmp_path: Path, fault: str) -> None:
    venv = fresh / ".venv"
    if fault == "a file":
        venv.write_text("")
    elif fault == "empty":
        venv.mkdir()
    elif fault == "half a package":
        set_up(fresh, code=1, UV=str(uv_on_a_full_disk(tmp_path)))
    else:
        set_up(fresh)
    if fault == "no interpreter":
        for path in venv.glob("bin/python*"):
            path.unlink()
            path.symlink_to("/nowhere/python")
    elif fault == "half migrated":
        for path in [
            *fresh.glob("migrations/*.py"),
            *fresh.glob("migrations/versions/*"),
        ]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        (fresh / "instance/app.sqlite3").unlink()
    set_up(fresh)
    check(fresh)


def test_environment_without_its_configuration_is_made_anew(
    fresh: Path, tmp_path: Path
) -> None:
    """As an interrupted `uv venv` leaves it: packages would go into the Python outside.

    Without a network, so that nothing goes there should this fail.
    """
    (fresh / ".venv/bin").mkdir(parents=True)
    (fresh / ".venv/bin/python").symlink_to(BARE)
    set_up(fresh, code=1, **offline(tmp_path))
    assert (fresh / ".venv/pyvenv.cfg").exists()


def uv_on_a_full_disk(folder: Path) -> Path:
    """Return a uv that leaves what the real one leaves on a disk that is just too small.

    The description of a package is there, so that it counts as installed; files are not.
    """
    half = 'case "$*" in "pip install"*) rm .venv/lib/*/site-packages/alembic/context.py*; '
    half += "echo No space left on device; exit 2; esac"
    path = folder / "uv"
    real = support.BIN / "uv"
    path.write_text(f'#!/bin/sh\n"{real}" "$@" || exit\n{half}\n')
    path.chmod(0o755)
    return path


def test_moved_project_still_works(fresh: Path) -> None:
    set_up(fresh)
    moved = fresh.rename(fresh.with_name("moved"))
    check(moved)


def test_old_python_is_told(fresh: Path) -> None:
    code = "import runpy, sys; sys.version_info = (3, 9, 0); "
    code += "runpy.run_path('scripts/setup.py', run_name='__main__')"
    printed = support.run(BARE, "-c", code, cwd=fresh, code=1)
    assert "Python 3.11 or newer is needed" in printed
