"""Removes what was not chosen and, if asked to, makes the project runnable.

It cannot hurt: whatever fails in set-up, the project stays and the exit code is 0,
because cookiecutter deletes a project whose hook fails. For the same reason the work is
done by other processes: if one of them is killed, this one lives.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SETUP = json.loads("{{ cookiecutter.setup | lower }}")
CRUFT = json.loads("{{ (cookiecutter._commit is defined) | lower }}")


def compared_by_cruft() -> bool:
    """Tell whether cruft renders this in a temporary directory, only to compare it."""
    parent = Path.cwd().parent
    temporary = Path(tempfile.gettempdir()).resolve() == parent.parent
    return CRUFT and temporary and bool(re.fullmatch("tmp[a-z0-9_]{8}", parent.name))


def environment() -> dict[str, str]:
    """Return the environment without the settings that the project has.

    There they are of whatever else runs on this machine: set-up must not touch its
    database.
    """
    example = Path(".env.example").read_text(encoding="utf-8")
    settings = re.findall("^(?:# )?([A-Z_]+)=", example, re.MULTILINE)
    settings.append("TEST_DATABASE_URL")  # not every database has it in the example
    return {k: v for k, v in os.environ.items() if k not in settings}


def main() -> None:
    """Run one script of the project."""
    os.unlink(__file__)  # cookiecutter leaves its copy of this hook behind
    script = "setup" if SETUP and not compared_by_cruft() else "prune"
    command = [sys.executable, f"scripts/{script}.py"]
    with contextlib.suppress(KeyboardInterrupt):  # set-up has said what to do
        subprocess.run(command, check=False, env=environment())


if __name__ == "__main__":
    main()
