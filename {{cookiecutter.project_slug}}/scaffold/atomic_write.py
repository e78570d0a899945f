"""Atomic: all files are written or none, so that what fails leaves no trace."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.settings import ROOT
from scaffold import Refused

MIGRATIONS, DOCUMENT = ROOT / "migrations", ROOT / "openapi.json"


@dataclass
class Files:
    """What was written, and what is left to do."""

    made: list[Path] = field(default_factory=list)  # new files and folders
    former: dict[Path, bytes] = field(default_factory=dict)  # what was in others
    changes: dict[str, str] = field(default_factory=dict)  # the diffs of those
    left: dict[str, str] = field(default_factory=dict)  # diffs to be made by hand
    next_step: str = "make check"

    def write(self, path: Path, text: str) -> None:
        """Write a text into a file, which is made with its directories if need be."""
        for folder in [f for f in reversed(path.parents) if not f.exists()]:
            folder.mkdir()
            self.made.append(folder)
        if not path.exists():
            self.made.append(path)
        elif path not in self.made:
            self.former.setdefault(path, path.read_bytes())
        replace(path, text)


@contextmanager
def all_or_nothing() -> Iterator[Files]:
    """Roll back on failure, `openapi.json` too. Raises Refused for what the system says."""
    files = Files()
    sys.dont_write_bytecode = True  # it would lie in folders that are taken back
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # then it rolls back
    if DOCUMENT.exists():
        files.former[DOCUMENT] = DOCUMENT.read_bytes()
    before = set(MIGRATIONS.glob("versions/*.py"))
    try:
        try:
            yield files
        finally:
            files.made += set(MIGRATIONS.glob("versions/*.py")) - before
    except BaseException as error:
        for path in reversed(files.made):
            if path.is_dir():
                path.rmdir()
            elif path.exists():  # else the error came before it was there
                path.unlink()
        for path, content in files.former.items():
            path.write_bytes(content)
        if isinstance(error, OSError | subprocess.CalledProcessError):
            raise Refused(f"Nothing was written: {error}.") from error
        raise


def replace(path: Path, text: str) -> None:
    """Write a file under another name, then rename it: it is never half there."""
    part = ROOT / ".scaffold-part"
    try:
        part.write_bytes(text.encode())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def manage(*command: str) -> None:
    """Run a command of manage.py, which loads the code as it is now."""
    subprocess.run([sys.executable, "-B", "manage.py", *command], check=True, cwd=ROOT)
