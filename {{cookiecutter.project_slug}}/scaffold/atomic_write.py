"""Atomic: all new files or none, so that what fails leaves no trace."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.settings import ROOT
from scaffold.errors import Refused


@contextmanager
def all_or_nothing() -> Iterator[list[Path]]:
    """Roll back on failure: yield a list of new files and folders, which then go.

    `openapi.json` gets its former content back.
    """
    made: list[Path] = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # then it rolls back
    openapi = ROOT / "openapi.json"
    former = openapi.read_bytes() if openapi.exists() else None
    try:
        yield made
    except BaseException as error:
        for path in reversed(made):
            if path.is_dir():
                path.rmdir()
            elif path.exists():  # else the error came before it was there
                path.unlink()
        if former is not None and openapi.read_bytes() != former:
            openapi.write_bytes(former)
        if isinstance(error, OSError):
            raise Refused(f"Nothing was written: {error}.") from error
        raise


def write(path: Path, text: str, made: list[Path]) -> None:
    """Write a new file; note it, and each new directory, in `made`."""
    for folder in [f for f in reversed(path.parents) if not f.exists()]:
        folder.mkdir()
        made.append(folder)
    if path.exists():
        raise FileExistsError(f"{path} exists already")
    made.append(path)
    replace(path, text)


def replace(path: Path, text: str) -> None:
    """Write a file under another name, then rename it: it is never half there."""
    part = ROOT / ".scaffold-part"
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
