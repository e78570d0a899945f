"""What the documents tell people to type is taken from them and executed."""

import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from tests import support, variants
from tests.support import http
from tests.variants import TREE

# Commands of the table that are run by other tests, and one that needs the network.
ELSEWHERE = ("check", "test", "image", "up", "down", "audit")


def blocks(path: Path, language: str) -> list[str]:
    """Return the code blocks of a document that are in a language."""
    tokens = MarkdownIt().parse(path.read_text())
    return [token.content for token in tokens if token.info == language]


def commands(block: str) -> list[str]:
    """Return the commands of a block, without comments."""
    lines = (re.sub(r"\s+#.*", "", line).strip() for line in block.splitlines())
    return [line for line in lines if line]


def shell(command: str, cwd: Path, **changes: str) -> str:
    """Run a line as a shell does."""
    return support.run("sh", "-ec", command, cwd=cwd, **changes)


@contextmanager
def serving(command: str, project: Path, port: int) -> Iterator[str]:
    """Run a command that serves until it is interrupted; yield the address."""
    url = f"http://127.0.0.1:{port}"
    log = project / "instance/serving.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("wb") as output:
        server = subprocess.Popen(
            ["sh", "-c", f"exec {command}"],
            cwd=project,
            env=support.environment(PORT=str(port)),
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=support.heed_ctrl_c,
        )
        try:
            support.wait_for(f"{url}/health/ready", server, log, seconds=90)
            yield url
        finally:
            os.killpg(server.pid, signal.SIGINT)
            support.end(server)


@variants.each_of("database")
def test_first_steps(project: Path) -> None:
    first, request = blocks(project / "README.md", "sh")[:2]
    *before, last = commands(first)
    assert last == "make run"
    for command in before:
        support.run("sh", "-ec", command, cwd=project, stdin="a lovely password\n")
    port = support.free_port()
    with serving(last, project, port):
        lines = "\n".join(commands(request))
        answer = shell(lines.replace("8000", str(port)), project, LOG_LEVEL="ERROR")
    assert answer.count("@example.com") == 2


@variants.each(variants.COMBINATIONS[:1])
def test_table_of_commands(project: Path) -> None:
    """For one variant: test_rendering holds the others to the same commands."""
    rows = re.findall(
        r"^\| `(make [^`]+)` \| (?:`([^`]+)`)?.*\|$",
        (project / "README.md").read_text(),
        re.MULTILINE,
    )
    targets = re.findall(
        r"^([a-z]+):.*##", (project / "Makefile").read_text(), re.MULTILINE
    )
    assert {make.split()[1] for make, _ in rows} | {"help"} == set(targets)
    for make, plain in rows:
        target = make.split()[1]
        for command in (make, plain):
            if target in ("run", "serve"):
                port = support.free_port()
                command = command.replace("8000", str(port))
                with serving(command, project, port) as url:
                    assert http.get(f"{url}/", timeout=30).ok
            elif command and target not in ELSEWHERE:
                shell(command, project)


@variants.each_of("layout")
def test_adding_a_resource_by_command(answers: dict[str, Any], project: Path) -> None:
    readme = project / "README.md"
    for what in ("resource add", "field add"):
        block = next(b for b in blocks(readme, "sh") if what in b)
        for command in commands(block):
            if command != "make check":  # once, below
                shell(command, project)
    (project / "model.toml").write_text(blocks(readme, "toml")[0])
    apply = "./manage.py db upgrade && ./manage.py resource apply model.toml"
    shell(f"{apply} && ./manage.py db upgrade", project)
    if answers["layout"] == "domain":
        support.check_resources(project)
    else:  # test_scaffold runs what is written
        support.run("make", "lint", cwd=project)


@variants.each_of("layout")
def test_adding_a_resource(answers: dict[str, Any], project: Path) -> None:
    text = (project / "README.md").read_text()
    model = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
    model = re.sub("^   ", "", model, flags=re.MULTILINE)
    if answers["layout"] == "domain":
        (project / "app/books").mkdir()
        (project / "app/books/__init__.py").write_text('"""Books."""\n')
        (project / "app/books/models.py").write_text(model)
    else:
        (project / "app/models/book.py").write_text(model)
    migrate = next(b for b in blocks(project / "README.md", "sh") if "add books" in b)
    for command in commands(migrate):
        shell(command, project)
    support.run("./manage.py", "db", "check", cwd=project)
    support.run("make", "lint", cwd=project)


@variants.each_pair()
def test_tree_names_what_is_there(project: Path) -> None:
    """Each name that the README draws exists, and nothing at the top is left out."""
    text = (project / "README.md").read_text()
    tree = re.search(r"## What is where\n\n```\n(.*?)```", text, re.DOTALL)[1]
    top = re.findall(r"^([\w.]+)/?", tree, re.MULTILINE)
    tracked = {name.split("/")[0] for name in variants.files(project)} | {"migrations"}
    usual = {"Makefile", "README.md", "AGENTS.md", "SECURITY.md", "pyproject.toml"}
    usual |= {"requirements.txt", "requirements-dev.txt"}
    assert set(top) == {n for n in tracked if not n.startswith(".")} - usual
    for name in re.findall(r"^ {2,4}([\w.]+)/? ", tree, re.MULTILINE):
        assert list(project.glob(f"app/**/{name}")), name


def test_template_readme(template: Path) -> None:
    """`make demo` on a fresh clone, a second time, and anew."""
    for arguments, users in (("", 51), ("", 52), ("FRESH=1", 51)):
        port = support.free_port()
        with serving(f"make demo PORT={port} {arguments}", template, port) as url:
            sign_in_as_told(url, template / "instance/serving.log")
            assert len(everything(url)) == users
            http.post(
                f"{url}/api/v1/users/",
                json={"email": "new@example.com", "name": "New"},
                timeout=30,
            )
    examples = [c for b in blocks(template / "README.md", "sh") for c in commands(b)]
    example = next(line for line in examples if "--no-input" in line)
    support.run(*shlex.split(example), "setup=false", cwd=template)
    assert (template / "book-shop/app/models/user.py").exists()


def sign_in_as_told(url: str, log: Path) -> None:
    """Sign in with the address and the password that `make demo` prints."""
    said = re.search(r"as (\S+) with the password (\S+)", log.read_text())
    assert said
    body = {"email": said[1], "password": said[2]}
    answer = http.post(f"{url}/api/v1/auth/login", json=body, timeout=30)
    http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def everything(url: str) -> list[dict[str, Any]]:
    """Return all users, page by page."""
    found, cursor = [], ""
    while cursor is not None:
        query = {"limit": "40"} | ({"cursor": cursor} if cursor else {})
        page = http.get(f"{url}/api/v1/users/", params=query, timeout=30).json()
        found += page["items"]
        cursor = page["next_cursor"]
    return found


def test_agents_notes_name_what_exists() -> None:
    for path in re.findall(r"`(app/[\w/]+\.\w+)`", (TREE / "AGENTS.md").read_text()):
        assert (TREE / path).exists(), path
