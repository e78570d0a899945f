"""Makes a fresh clone runnable: `python3 scripts/setup.py`, as often as you like.

Every step asks whether its result is usable, and repairs it when it is not. With `lock`
as first argument only requirements*.txt are compiled again; what follows goes to uv, for
example `--upgrade`. With `audit` it looks for known vulnerabilities; what follows goes to
pip-audit. It needs nothing but Python.
"""

from __future__ import annotations

import os
import re
import runpy
import secrets
import shutil
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
EXE = ".exe" if os.name == "nt" else ""
PYTHON = str(BIN / f"python{EXE}")
UNFINISHED_INSTALL = VENV / "unfinished-install"
OLDEST = (3, 11)
MAIN, DEV = "requirements.txt", "requirements-dev.txt"

# What another project or environment may have set, and what would lead a command astray.
FOREIGN = re.compile("VIRTUAL_ENV|CONDA_PREFIX|PYTHONPATH|PYTHONHOME|FLASK_.*")

# What the output of a failed command says about the machine; the first that is found.
REASONS = {
    "no space left": "The disk is full.",
    "sqlalchemy.exc|of database_url": "The database cannot be used: see DATABASE_URL in .env.",
    "ensurepip|no module named venv": (
        "This Python cannot make virtual environments. "
        "Install uv, or on Debian and Ubuntu: apt install python3-venv"
    ),
    "permission denied|read-only file system": "A directory is not writable.",
    "certificate": "The certificate of the package index is not trusted.",
    "network|fetch|request|connect|timed out|index|find a version|no matching": (
        "The package index cannot be reached, or lacks a package. Is there a network? "
        "An index of your own is named in UV_DEFAULT_INDEX; uv does not read pip.conf."
    ),
}


class SetupError(Exception):
    """A step that could not be done; the message is what the command printed."""


def main() -> None:
    """Do every step, or say what is missing and how to go on."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    os.chdir(ROOT)
    started = time.monotonic()
    try:
        if sys.argv[1:2] == ["lock"]:
            return step("requirements*.txt", lock, *sys.argv[2:])
        if sys.argv[1:2] == ["audit"]:
            sys.exit(audit(*sys.argv[2:]))
        if Path("scripts/prune.py").exists():
            runpy.run_path("scripts/prune.py", run_name="__main__")
        step("virtual environment", make_venv)
        step("requirements*.txt", lock_if_missing)
        step("packages", install)
        step(".env with a secret", make_env)
        step("migrations and database", migrate)
    except (SetupError, OSError) as error:
        sys.exit(f"failed\n\n{explain(str(error))}\n{UNFINISHED}")
    except KeyboardInterrupt:
        sys.exit(f"stopped\n{UNFINISHED}")
    print(f"Ready after {time.monotonic() - started:.1f} s.\n{next_steps()}")


def step(label: str, action, *arguments: str) -> None:
    """Do one step, and show what it is and how long it took, in seconds."""
    print(f"  {label + ' ':.<28} ", end="", flush=True)
    started = time.monotonic()
    action(*arguments)
    print(f"{time.monotonic() - started:.1f} s", flush=True)


def make_venv() -> None:
    """Make .venv, again when its Python is unusable, or an installation broke off."""
    # Without pyvenv.cfg, packages would be installed into the Python that it is made of.
    good = f"sys.prefix != sys.base_prefix and sys.version_info >= {OLDEST}"
    usable = answers(PYTHON, "-c", f"import sys; sys.exit(not ({good}))")
    if usable and not UNFINISHED_INSTALL.exists():
        return
    if sys.version_info < OLDEST:
        needed = ".".join(map(str, OLDEST))
        raise SetupError(f"Python {needed} or newer is needed, this is {sys.version}")
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    elif VENV.is_dir():
        (VENV / "pyvenv.cfg").touch()  # uv clears nothing that has none
    uv = find_uv()
    if uv:
        options = ("--quiet", "--clear", "--relocatable")
        run(uv, "venv", *options, "--python", sys.executable, str(VENV))
    else:
        # With a pip that can install uv into it, it needs none of its own.
        options = ("--without-pip",) if has_pip() else ()
        run(sys.executable, "-m", "venv", "--clear", *options, str(VENV))


def find_uv() -> str | None:
    """Return the path of a uv that starts, or None."""
    places = [os.environ.get("UV"), shutil.which("uv")]
    places += [str(Path(sys.executable).with_name(f"uv{EXE}")), str(BIN / f"uv{EXE}")]
    return next((path for path in places if path and answers(path, "--version")), None)


def get_uv() -> str:
    """Return the path of a uv; without one on the machine, install one into .venv."""
    uv = find_uv()
    if uv is None:
        if has_pip():
            pip = (sys.executable, "-m", "pip", "--python", PYTHON)
        else:
            run(PYTHON, "-m", "ensurepip")  # an environment that uv made has no pip
            pip = (PYTHON, "-m", "pip")
        run(*pip, "install", "--quiet", "uv")
        uv = str(BIN / f"uv{EXE}")
    return uv


def has_pip() -> bool:
    """Tell whether the pip of this Python can install into another environment."""
    try:
        year, part = metadata.version("pip").split(".")[:2]
    except (metadata.PackageNotFoundError, ValueError):
        return False
    return (int(year), int(part)) >= (22, 3)  # the first with `--python`


def uv_pip(*arguments: str) -> None:
    """Run `uv pip` for .venv."""
    command, *options = arguments
    run(get_uv(), "pip", command, "--quiet", "--python", PYTHON, *options)


def lock_if_missing() -> None:
    """Compile the requirements when there are none."""
    if not all(Path(name).exists() for name in (MAIN, DEV)):
        lock()


def lock(*options: str) -> None:
    """Compile requirements*.txt: every package, pinned and hashed, for every platform."""
    command = ["compile", "pyproject.toml", "--universal", "--generate-hashes"]
    command += ["--custom-compile-command", "make lock"]
    dev = [*command, "--group", "dev", "-o", DEV, *options]
    try:
        uv_pip(*dev)
    except SetupError as error:
        try:
            uv_pip(*dev, "--offline")
        except SetupError:
            raise error from None  # why the network failed says more
    # The same versions, without the network: the two files can never disagree.
    uv_pip(*command, "-c", DEV, "-o", MAIN, "--offline")


def install() -> None:
    """Install what requirements-dev.txt names."""
    # A full disk leaves halves of packages, which uv would take for whole.
    UNFINISHED_INSTALL.touch()
    uv_pip("install", "-r", DEV)
    UNFINISHED_INSTALL.unlink(missing_ok=True)


def audit(*options: str) -> int:
    """Look up the pinned packages in a database of known vulnerabilities."""
    make_venv()  # where uv may have to be put
    command = [get_uv(), "tool", "run", "--from", "pip-audit>=2.10,<3", "pip-audit"]
    command += ["--strict", "--disable-pip", "--progress-spinner", "off", "-r", DEV]
    return subprocess.run([*command, *options], check=False, env=clean()).returncode


def make_env() -> None:
    """Write .env, with a secret that no other project has, for nobody else to read."""
    if Path(".env").exists():
        return
    example = Path(".env.example").read_text(encoding="utf-8")
    secret = f"SECRET_KEY={secrets.token_urlsafe(32)}"
    part = VENV / "env.part"
    part.touch(mode=0o600)
    part.write_text(example.replace("SECRET_KEY=", secret, 1), encoding="utf-8")
    part.replace(".env")


def migrate() -> None:
    """Run `flask db init`, `migrate` and `upgrade`, as far as they are needed."""
    run(PYTHON, "scripts/first_migration.py")


def answers(*command: str) -> bool:
    """Tell whether a command can be started and succeeds."""
    try:
        result = subprocess.run(command, check=False, capture_output=True, env=clean())
    except OSError:
        return False
    return result.returncode == 0


def run(*command: str) -> None:
    """Run a command and keep what it prints. Raises SetupError."""
    result = subprocess.run(
        command,
        check=False,
        env=clean(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    if result.returncode != 0:
        lines = result.stdout.strip().splitlines()[-12:]
        raise SetupError("\n".join(lines) or f"{command[0]}: {result.returncode}")


def clean() -> dict[str, str]:
    """Return the environment for a command."""
    environment = {k: v for k, v in os.environ.items() if not FOREIGN.fullmatch(k)}
    defaults = {"UV_SYSTEM_CERTS": "1", "UV_HTTP_TIMEOUT": "10", "UV_HTTP_RETRIES": "1"}
    return {**defaults, "PIP_DISABLE_PIP_VERSION_CHECK": "1", **environment}


def explain(output: str) -> str:
    """Say in plain words what the output of a failed command means, then quote it."""
    quoted = "\n".join(f"  | {line}" for line in output.splitlines())
    for pattern, reason in REASONS.items():
        if re.search(pattern, output, re.IGNORECASE):
            return f"{reason}\n{quoted}"
    return quoted


UNFINISHED = """
Nothing is lost: the project is complete, only its set-up is not. To finish it later,
in its directory: make setup   (or: python3 scripts/setup.py)"""


def next_steps() -> str:
    """Say what to type now."""
    inside = any((folder / ".git").exists() for folder in (ROOT, *ROOT.parents))
    commit = "git add -A && git commit -m 'Generated, untouched'"
    return f"""
Next, in {ROOT.name}/:
  {commit if inside else "git init && " + commit}
{% if cookiecutter.auth == "jwt" %}
  ./manage.py create-superuser you@example.com
{% endif %}
  make run      the service on http://127.0.0.1:8000, its documentation at /docs
  make check    what the pipeline checks: lint, format, types, tests, migrations"""


if __name__ == "__main__":
    main()
