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

# Settings of whatever else runs on this machine: set-up must not touch its database.
FOREIGN = {"APP_ENV", "DATABASE_URL", "SECRET_KEY", "TEST_DATABASE_URL"}
FOREIGN |= {"DOCS_ENABLED", "LOG_LEVEL", "MAX_CONTENT_LENGTH", "CORS_ORIGINS"}
FOREIGN |= {"TRUSTED_PROXIES", "REGISTRATION_ENABLED", "SECRET_KEY_FALLBACKS"}
FOREIGN |= {"ACCESS_TOKEN_SECONDS", "REFRESH_TOKEN_DAYS", "RATELIMIT_STORAGE_URI"}
FOREIGN |= {"LOGIN_LIMIT", "LOGIN_FAILURE_LIMIT", "REFRESH_LIMIT"}

SETUP = json.loads("{{ cookiecutter.setup | lower }}")
CRUFT = json.loads("{{ (cookiecutter._commit is defined) | lower }}")


def compared_by_cruft() -> bool:
    """Tell whether cruft renders this in a temporary directory, only to compare it."""
    parent = Path.cwd().parent
    temporary = Path(tempfile.gettempdir()).resolve() == parent.parent
    return CRUFT and temporary and bool(re.fullmatch("tmp[a-z0-9_]{8}", parent.name))


def main() -> None:
    """Run one script of the project."""
    os.unlink(__file__)  # cookiecutter leaves its copy of this hook behind
    script = "setup" if SETUP and not compared_by_cruft() else "prune"
    environment = {k: v for k, v in os.environ.items() if k not in FOREIGN}
    command = [sys.executable, f"scripts/{script}.py"]
    with contextlib.suppress(KeyboardInterrupt):  # set-up has said what to do
        subprocess.run(command, check=False, env=environment)


if __name__ == "__main__":
    main()
