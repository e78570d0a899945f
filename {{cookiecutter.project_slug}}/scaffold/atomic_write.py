"""Atomic: all new files or none, so that what fails leaves no trace."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.settings import ROOT
from scaffold.fields import Refused


@contextmanager
def all_or_nothing() -> Iterator[list[Path]]:
    """Roll back on failure: yield a list of new files and folders, which then go.

    `openapi.json` gets its former content back.
    """
    made: list[Path] = []
    openapi = ROOT / "openapi.json"
    former = openapi.read_bytes() if openapi.exists() else None
    try:
        yield made
    except BaseException as error:
        for path in reversed(made):
            path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
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
    with path.open("x", encoding="utf-8") as file:
        made.append(path)
        file.write(text)
