"""Fixtures: projects that were generated and set up by the real commands."""

import fcntl
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests import mysql, support, variants

MakeProject = Callable[[dict[str, Any]], Path]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", action="store_true", help="write tests/recorded anew")
    parser.addoption("--sums", type=int, default=0, help="functions that took longest")


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder for temporary files of commands; it goes at the end, or at Ctrl-C.

    Its path is short, for there are sockets in it.
    """
    if not hasattr(config, "workerinput"):
        folder = tempfile.mkdtemp(prefix="commands-")
        os.chmod(folder, 0o1777)  # as /tmp
        os.environ[support.TEMPORARY] = folder
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the seconds of workers that each function took, over all its variants."""
    sums: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                sums[report.nodeid.partition("[")[0]] += report.duration
    if longest := sums.most_common(terminalreporter.config.getoption("--sums")):
        terminalreporter.section(f"{sum(sums.values()):.0f} s of workers")
        for name, seconds in longest:
            terminalreporter.line(f"{seconds:6.0f} s {name}")


# What they make once is for all their tests, or for all of a variant.
TOGETHER = {"test_manifests.py", "test_pipelines.py", "test_rendering.py"}
TOGETHER |= {"test_image.py"}  # the images of all variants have one name
TOGETHER_BY_VARIANT = {"test_contract.py"}


class Scheduling(LoadScopeScheduling):
    """Sends a test to any worker, and what belongs together to one.

    The marks of xdist 3.8 for that have no effect with pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        path, _, test = nodeid.partition("::")
        name = Path(path).name
        if name in TOGETHER:
            return name
        if name in TOGETHER_BY_VARIANT and "[" in test:
            return name + test.partition("[")[2]
        return nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """Return what gives tests to workers."""
    return Scheduling(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Iterator[None]:
    """Run MariaDB for the tests, once, in the process that the workers report to."""
    is_worker = hasattr(session.config, "workerinput")
    if is_worker or mysql.listens() or not shutil.which("mariadbd"):
        return (yield)
    with tempfile.TemporaryDirectory() as folder:
        server = mysql.start(Path(folder))
        try:
            return (yield)
        finally:
            mysql.stop(server)


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> MakeProject:
    """Return a function that generates and sets up a variant, once for all workers.

    Tests only read such a project; `project` gives one that can be changed.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def make(answers: dict[str, Any]) -> Path:
        if answers.get("database") == "mysql":
            mysql.need()
        output = shared / "pristine" / variants.label(answers)
        packages = shared / "packages" / variants.label(variants.packages_of(answers))
        venv = packages / ".venv"
        with locked(output), nullcontext() if venv.exists() else locked(packages):
            if not (output / "made").exists():
                set_up(output, answers, venv)
                (output / "made").touch()
        return output / "order-service"

    return make


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make a folder, and hold it until the other worker may have it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def set_up(output: Path, answers: dict[str, Any], venv: Path) -> None:
    """Generate a project and set it up: the first of its packages in one command.

    The others take its virtual environment and its list of versions: to find and install
    them, and to compile what they import, takes most of the time. They are rendered here,
    as the command does it. All have a superuser, if they have users that sign in.
    """
    project = output / "order-service"
    if venv.exists():
        variants.render({**answers, "setup": True}, output)
        (project / ".venv").symlink_to(venv.resolve())
        for path in venv.resolve().parent.glob("requirements*.txt"):
            shutil.copy2(path, project)
        printed = support.run(sys.executable, "scripts/setup.py", cwd=project)
    else:
        printed = support.generate(output, answers)
        venv.symlink_to(project / ".venv")
    assert "Ready after" in printed, printed
    if mysql.database(project) is not None:
        mysql.use_own_database(project)
        support.run(support.python(project), "scripts/first_migration.py", cwd=project)
    support.create_superuser(project)


@pytest.fixture
def project(answers: dict[str, Any], pristine: MakeProject, tmp_path: Path) -> Path:
    """Return a copy of a project that was set up; the test may change it."""
    return support.copy(pristine(answers), tmp_path / "order-service")


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """Return a copy of the template with one commit, of today's state."""
    copy = tmp_path / "template"
    tracked = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    for name in support.run(*tracked, cwd=variants.ROOT).split("\0"):
        if name and (variants.ROOT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(variants.ROOT / name, copy / name)
    support.commit(copy)
    return copy
