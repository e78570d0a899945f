"""Every recipe of a project's docs/recipes.md, followed as a user would."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import requests

from tests import mysql, support, variants
from tests.support import http
from tests.test_readme import blocks, commands, shell

FIRST = variants.COMBINATIONS[0]
OTHER = {
    "layout": "layer",
    "views": "classes",
    "database": "postgresql",
    "auth": "none",
}


@contextmanager
def hook() -> Iterator[tuple[str, list[Any]]]:
    """Receive webhooks; yield the address and what came."""
    received: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            received.append(json.loads(self.rfile.read(length)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", received
        server.shutdown()


def add(project: Path, block: str) -> None:
    """Put a block into the file that it names: imports at the top, the rest at the end."""
    name, _, code = block.partition("\n")
    path = project / name.removeprefix("# ")
    imports = re.match(r"((from|import) .*\n|\n)*", code)[0]
    docstring, _, text = path.read_text().partition("\n")
    for function in re.findall(r"^def (\w+)", code, re.MULTILINE):
        text = re.sub(
            rf"\n\n\ndef {function}\(.*?(?=\n\n\n|\Z)", "", text, flags=re.DOTALL
        )
    rest = code.removeprefix(imports)
    path.write_text(f"{docstring}\n{imports}{text.rstrip()}\n\n\n{rest}")
    if rest.startswith("    "):  # of the class at the end
        path.write_text(f"{docstring}\n{text.rstrip()}\n{rest}")


def run(project: Path, word: str) -> None:
    """Run the commands of the block that has a word."""
    (block,) = [b for b in blocks(project / "docs/recipes.md", "sh") if word in b]
    for command in commands(block):
        shell(command, project)


def rename(project: Path, old: str, new: str) -> None:
    """Write another name of a field wherever it stands in the code of books."""
    for path in [*project.glob("app/**/*book*"), *project.glob("tests/*book*")]:
        for file in path.glob("*.py") if path.is_dir() else [path]:
            if "sample" not in file.name and file.suffix == ".py":
                file.write_text(re.sub(rf"\b{old}\b", new, file.read_text()))


def follow(project: Path, page: Path) -> None:
    """Change a project as every recipe says, with rows in its tables."""
    text = page.read_text()
    run(project, "resource add")
    support.run("./manage.py", "seed", "--books", "3", cwd=project)
    for block in blocks(page, "python"):
        add(project, block)
    if public := re.search(r"`(GET /api/v1/books/\w+)`", text):
        (project / "tests/books/public_operations.txt").write_text(f"{public[1]}\n")
    before, setting = "    DOCS_ENABLED: bool", re.search('`(BOOKS_.* "")`', text)[1]
    settings, sample = project / "app/settings.py", project / ".env.example"
    code = settings.read_text().replace(before, f"    {setting}\n{before}")
    settings.write_text(code)
    sample.write_text(sample.read_text() + re.search("`(# BOOKS_.*)`", text)[1] + "\n")
    run(project, "stock")
    rename(project, "pages", "length")
    run(project, "length")


@variants.each([FIRST, FIRST | OTHER])
def test_recipes(answers: dict[str, Any], project: Path) -> None:
    page = project / "docs/recipes.md"
    follow(project, page)
    texts = "".join(p.read_text() for p in project.glob("migrations/versions/*.py"))
    assert "UPDATE books SET stock=0" in texts
    assert 'new_column_name="length"' in texts
    support.run("make", "format", "openapi", cwd=project)
    support.check_resources(project)
    settings = (support.python(project), "-m", "pytest", "tests/test_settings.py")
    support.run(*settings, cwd=project)
    with (
        hook() as (address, received),
        support.serve(project, BOOKS_WEBHOOK=address) as url,
    ):
        use(f"{url}/api/v1/books", received)
        if answers["auth"] == "jwt":
            answer = requests.get(f"{url}/api/v1/books/cheapest", timeout=9)
            assert len(answer.json()["items"]) == 4
            use_key(project, page, url)
    if answers["database"] == "postgresql":
        use_role(project, page)


def use(books: str, received: list[Any]) -> None:
    """Send requests to what was added."""
    made = http.post(f"{books}/", json={"title": "New", "price": "1.50"}, timeout=9)
    assert made.status_code == 201
    assert received == [{"title": "New"}]
    cover = f"{books}/{made.json()['id']}/cover"
    assert http.get(cover, timeout=9).status_code == 404
    picture = b"\x89PNG\r\n\x1a\n" + bytes(700_000)
    assert http.put(cover, files={"cover": picture}, timeout=9).status_code == 204
    got = http.get(cover, timeout=9)
    assert (got.headers["Content-Type"], got.content) == ("image/png", picture)
    lines = http.get(f"{books}/export", timeout=9).text.splitlines()
    assert lines[-1] == "New,1.50"
    assert len(lines) == 4


def use_key(project: Path, page: Path, url: str) -> None:
    """Run the commands with an API key."""
    (block,) = [b for b in blocks(page, "sh") if "api-key" in b]
    block = block.replace("you@example.com", support.ROOT_USER["email"])
    block = block.replace("http://127.0.0.1:8000", url)
    assert '"items"' in shell(block, project)


# As the owner, then as the other role, which signs in with its password.
ROLE = """
import sqlalchemy as sa
from app import create_app
from app.core.data.session import db
with create_app().app_context():
    url = db.engine.url
    if url.host == "embedded":
        from app.core.data.embedded_server import start
        url = sa.make_url(start(url.database)).set(drivername="postgresql+psycopg")
    url = url.set(username="service", password="a long secret")
    with db.engine.begin() as owner:
        for statement in {statements!r}:
            owner.exec_driver_sql(statement)
        owner.exec_driver_sql("CREATE TABLE later (id INTEGER)")
    with sa.create_engine(url).begin() as service:
        service.exec_driver_sql("INSERT INTO later VALUES (1)")
        service.exec_driver_sql("DELETE FROM orders")
    for statement in ("DROP TABLE orders", "DROP TABLE later"):
        try:
            with sa.create_engine(url).begin() as service:
                service.exec_driver_sql(statement)
        except sa.exc.DBAPIError as error:
            print(error)
    with db.engine.begin() as owner:
        owner.exec_driver_sql("DROP TABLE later")
"""


def use_role(project: Path, page: Path) -> None:
    """Make the second role; it reads and writes rows, and drops no table."""
    (sql,) = blocks(page, "sql")
    name = re.search(
        "^DATABASE_URL=.*/(.*)", (project / ".env").read_text(), re.MULTILINE
    )
    sql = sql.replace("order_service.*", f"{name[1]}.*") if name else sql
    statements = [each for each in sql.split(";\n") if each.strip()]
    script = ROLE.format(statements=statements)
    said = support.run(".venv/bin/python", "-c", script, cwd=project)
    assert len(re.findall("must be owner of table|DROP command denied", said)) == 2


@variants.each([FIRST | {"database": "mysql"}])
def test_second_role_on_mysql(project: Path) -> None:
    try:
        use_role(project, project / "docs/recipes.md")
    finally:
        drop = [*mysql.CLIENT, "-e", "DROP USER IF EXISTS service"]
        support.run(*drop, cwd=project)
