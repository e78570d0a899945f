"""`./manage.py resource`: what it writes works, and what it refuses leaves no trace."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests import support, variants
from tests.test_growth import delete, module

ORDER = (
    "Order",
    "number:str:unique:max=40:search",
    "status:enum:pending,paid,cancelled:default=pending",
    "total:decimal",
    "user:ref:User",
)
BOOK = ("Book", "title:str:unique", "pages:int?", "owner:ref:User")

# Owners by another name; references to what has an owner, and to what superusers make.
RULES = """
Note text:text --owned
Leaf note:ref:Note title:str notes:many --public-read
Pen owner:ref:User leaf:ref:Leaf note:ref:Note? --owned
Letter pens:many pen:ref:Pen user:ref:User reader:ref:User parent:ref:Letter? --owned
"""

REFUSED = {
    "Page x:int": "'PageQuery' is a name that the generated files use",
    "Book": "needs a field",
    "book title:str": "write Book",
    "Books title:str": "Did you mean Book",
    "Sheep name:str": "--plural sheep_items",
    "Data name:str": "--plural",
    "Order x:str": "There is a model Order already",
    "Gizmo x:int --plural users": "'users' already",
    "Class x:int": "keyword of Python: choose another name, as ClassItem",
    "List x:int": "builtin of Python",
    "Table x:int": "a name that the generated files use",
    "Group x:int": "'groups' is a reserved word of SQL",
    "Length x:int": "a name that the generated files use",
    "Setting x:int": "app/settings.py is something else: name --plural",
    "Book x:float:default=nan": "not a good default",
    "Book x:url:default=nothing": "not a good default",
    "Book x:int --plural Books!": "write --plural books",
    "Book id:int": "every model has: call it book_id",
    "Book deleted_at:int": "every model has",
    "Book metadata:str": "an attribute of every model",
    "Book registry:str": "an attribute of every model",
    "Book query:str": "call it book_query",
    "Book limit:int": "lists or schemas",
    "Book class:str": "keyword",
    "Book date:date": "call it book_date",
    "Book a:str a:int": "'a' is there twice",
    "Book user:ref:User user_id:int": "'user_id' is there twice",
    "Book a": "write its type too, as a:str",
    "Book a:strr": "Did you mean a:str",
    "Book a:str:uniqe": "Did you mean unique",
    "Book a:enum": "write a:enum:",
    "Book a:enum:x,x": "twice",
    "Book author:ref": "there is no model 'Author'",
    "Book a:ref:Nothing": "there is no model 'Nothing'. Models: ApiKey, MailToken, Order",
    "Book a:int:default=x": "not a good default for int",
    "Book a:int:min=0:default=-1": "not a good default for int",
    "Book a:enum:x,y:default=z": "not a good default for enum",
    "Book a:str:max=3:default=long": "not a good default for str",
    "Book a:str:min=5:max=3": "min is more than max",
    "Book a:int:search": "int cannot be search",
    "Book due_on:date due_at:datetime": "'due_after' is there twice",
    "Book created_on:date": "'created_after' is a name that lists or schemas use",
    "Book a__b:int": "is not a name",
    "Book a:json:unique": "json cannot be unique",
    "Book a:url:max=900:unique": "an index takes 700 characters",
    "Book a:ref:SignIn": "tests/sign_ins/factory.py",
    "Book user:ref:User? --owned": "the owner is user:ref:User",
    "Book parent:ref:Self?:nested": "Book would hold itself",
    "Book user:ref:nested": "not for all who read Book",
    "Book order:ref:nested --public-read": "not for all who read Book",
    "Book a:int:readonly": "no request sets it, so add \\? or a default",
    "Book parent:ref:Self": "write parent:ref:Book\\?",
    "../x a:str": "write X",
    f"{'Long' * 9} {'long_' * 9}name:str:unique": "more than 63 characters",
}


def resource(project: Path, *arguments: str, code: int = 0) -> str:
    """Run `./manage.py resource …`."""
    command = ("./manage.py", "resource", *arguments)
    return support.run(*command, cwd=project, code=code, LOG_LEVEL="ERROR")


def add_resources(project: Path, one_by_one: bool = False) -> None:
    """Add those of resources.txt: every type of field in every way; odd names."""
    text = Path(__file__).with_name("resources.txt").read_text().replace("\\\n", "")
    if one_by_one:
        for line in text.splitlines():
            resource(project, "add", *line.split())
        support.run("./manage.py", "db", "upgrade", cwd=project)
    else:
        apply(project, text)


def apply(project: Path, lines: str) -> None:
    """Add resources in one command: the same files in a fifth of the time."""
    file = project / "instance/model.toml"  # which git ignores
    file.parent.mkdir(exist_ok=True)
    with file.open("w") as model:
        for name, *words in map(str.split, lines.strip().splitlines()):
            fields = [word for word in words if not word.startswith("--")]
            model.write(f"[{name}]\nfields = {json.dumps(fields)}\n")
            for option in set(words) - set(fields):
                model.write(f"{option[2:].replace('-', '_')} = true\n")
    resource(project, "apply", str(file))
    support.run("./manage.py", "db", "upgrade", cwd=project)


def status(project: Path) -> str:
    """Return what git says has changed since the last commit."""
    return support.run("git", "status", "--porcelain", "-uall", cwd=project)


@pytest.fixture
def tracked(project: Path) -> Path:
    """Return a project in git, with one commit."""
    with (project / ".gitignore").open("a") as file:
        file.write(".venv\n")  # here it is a link
    support.commit(project)
    return project


def first() -> pytest.MarkDecorator:
    """Parametrize a test with the default answers."""
    return variants.each([variants.COMBINATIONS[0]])


# A dashboard uses orders, and its demo data are spread over weeks.
PLAIN = [
    a | {"dashboard": "none"} for a in variants.sample(("layout", "views", "auth"))
]


@variants.each(PLAIN)
def test_orders_are_what_it_writes(answers: dict[str, Any], tracked: Path) -> None:
    seal = (tracked / "scaffold/resources/order.json").read_bytes()
    delete(tracked, answers, "orders")
    (tracked / "scaffold/resources/order.json").unlink()
    owned = ["--owned"] if answers["auth"] == "jwt" else []
    resource(tracked, "add", *ORDER, *owned, "--no-migration")
    (tracked / "scaffold/resources/order.json").write_bytes(seal)
    assert status(tracked) == ""


@variants.each_pair("layout", "views", "auth")
def test_whatever_it_writes_works(answers: dict[str, Any], tracked: Path) -> None:
    """Resources, rules of who may read and write their rows, and actions, all at once.

    With the default answers by all of `make check`: that is the sample of the rest.
    """
    default = answers == variants.COMBINATIONS[0]
    add_resources(tracked, one_by_one=default)
    if answers["auth"] == "jwt":
        apply(tracked, RULES)
    for name in ("Category return", "Order mark_paid", "Category extend"):
        manage(tracked, f"action add {name}")
    document = json.loads((tracked / "openapi.json").read_text())
    operation = document["paths"]["/api/v1/orders/{order_id}/mark-paid"]["post"]
    assert operation["summary"] == "Mark an order paid."
    if not default:
        return support.check_resources(tracked)
    support.run("make", "check", cwd=tracked)
    support.run("./manage.py", "db", "downgrade", "base", cwd=tracked)
    support.run("./manage.py", "db", "upgrade", cwd=tracked)
    support.run("./manage.py", "seed", cwd=tracked)
    listed = resource(tracked, "list")
    assert re.search(r"GET( POST)? +/api/v1/order-lines/$", listed, re.MULTILINE)
    assert "/categories/<uuid:category_id>/return" in listed


@first()
def test_operation_is_public_only_where_a_list_says_so(tracked: Path) -> None:
    both = ("add", "Book", "title:str", "--owned", "--public-read")
    assert "Choose" in resource(tracked, *both, code=1)
    apply(tracked, "Leaf title:str --public-read")
    public = tracked / "tests/leaves/public_operations.txt"
    assert "GET /api/v1/leaves/" in public.read_text()
    public.unlink()
    tests = (support.python(tracked), "-m", "pytest", "tests/identity")
    printed = support.run(*tests, "-k", "every_operation", cwd=tracked, code=1)
    assert "GET /api/v1/leaves/" in printed


@variants.each_of("database")
def test_add_and_remove_leave_no_trace(tracked: Path) -> None:
    printed = resource(tracked, "add", *BOOK)
    written = set(re.findall("^Wrote (.*)", printed, re.MULTILINE))
    changed = {line[3:] for line in status(tracked).splitlines()}
    assert changed == written | {"openapi.json"}
    support.run(support.python(tracked), "scripts/check.py", cwd=tracked)
    resource(tracked, "remove", "Book")
    assert status(tracked) == ""
    assert not list(tracked.rglob("books"))


# Runs many commands in one process, and prints the exit code and the output of each.
MANY = """
import json, os, sys
sys.path.insert(0, os.getcwd())
from click.testing import CliRunner
from manage import cli
ran = [CliRunner().invoke(cli, each) for each in json.load(sys.stdin)]
print(json.dumps([[each.exit_code, each.output] for each in ran]))
"""


@first()
def test_what_is_refused_leaves_no_trace(tracked: Path) -> None:
    commands = [["resource", "add", *a.split(), "--no-migration"] for a in REFUSED]
    script = (support.python(tracked), "-c", MANY)
    quiet = {"cwd": tracked, "LOG_LEVEL": "ERROR"}
    ran = json.loads(support.run(*script, stdin=json.dumps(commands), **quiet))
    for (code, printed), message in zip(ran, REFUSED.values(), strict=True):
        (line,) = printed.strip().splitlines()
        assert re.search(message, line), line
        assert code == 1
    assert status(tracked) == ""


@first()
def test_dry_run_writes_nothing(tracked: Path) -> None:
    printed = resource(tracked, "add", *BOOK, "--dry-run")
    assert "# app/books/models.py" in printed
    assert "class Book(" in printed
    assert status(tracked) == ""


@first()
def test_migration_that_cannot_be_written_leaves_no_trace(tracked: Path) -> None:
    (first,) = tracked.glob("migrations/versions/*.py")
    for revision in ("0002", "0003"):  # as after a merge: two heads
        text = first.read_text().replace(
            "down_revision = None", 'down_revision = "0001"'
        )
        text = text.replace('revision = "0001"', f'revision = "{revision}"', 1)
        first.with_name(f"{revision}.py").write_text(text)
    support.commit(tracked)
    printed = resource(tracked, "add", *BOOK, code=1)
    assert "--no-migration" in printed
    assert status(tracked) == ""


@first()
def test_broken_template_leaves_no_trace(tracked: Path) -> None:
    views = tracked / "scaffold/templates/views.py.jinja"
    views.write_text(views.read_text() + "\nimport nothing_like_it  # noqa: F401\n")
    support.commit(tracked)
    printed = resource(tracked, "add", *BOOK, code=1)
    assert "nothing_like_it" in printed
    assert status(tracked) == ""


@first()
def test_template_that_is_wrong_is_told(tracked: Path) -> None:
    views = tracked / "scaffold/templates/views.py.jinja"
    text = views.read_text()
    for fault, message in (("<< nothing >>", "'nothing' is"), ("def (", "ruff cannot")):
        views.write_text(f"{text}\n{fault}\n")
        printed = resource(tracked, "add", *BOOK, code=1)
        assert message in printed
        assert status(tracked) == " M scaffold/templates/views.py.jinja\n"


@first()
def test_read_only_folder_leaves_no_trace(tracked: Path) -> None:
    """The last file of all cannot be written; only root can mount such a folder."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("a read-only folder can be mounted by root only")
    folder = tracked / "scaffold/resources"
    support.run("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder), cwd=tracked)
    try:
        printed = resource(tracked, "add", *BOOK, code=1)
    finally:
        support.run("umount", str(folder), cwd=tracked)
    assert "Nothing was written" in printed
    assert "Traceback" not in printed
    assert status(tracked) == ""


@first()
@pytest.mark.parametrize("moment", [0.0, 0.1, 0.2, 0.4, 0.8])
def test_ctrl_c_leaves_no_trace(tracked: Path, moment: float) -> None:
    command = ["./manage.py", "resource", "add", *BOOK]
    process = subprocess.Popen(
        command,
        cwd=tracked,
        env=support.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=support.heed_ctrl_c,
    )
    while process.poll() is None and not (tracked / "app/books").exists():
        time.sleep(0.002)
    time.sleep(moment)
    process.send_signal(signal.SIGINT)
    process.wait(30)
    if "app/books" in status(tracked):  # it was finished: all is there, and can go
        resource(tracked, "remove", "Book")
    assert status(tracked) == ""


# Ends `resource add` after it has written a number of files.
END_AFTER = """
import os, signal, sys
sys.path.insert(0, os.getcwd())
number, name = int(sys.argv[1]), sys.argv[2]
from manage import cli
from scaffold import atomic_write
written = 0
def count(path, text, original=atomic_write.replace):
    global written
    original(path, text)
    written += 1
    if written == number:
        os.kill(os.getpid(), signal.Signals[name])
atomic_write.replace = count
cli(["resource", "add", "Book", "title:str:unique"])
"""


@variants.each_of("layout")
def test_killed_it_leaves_what_can_be_taken_back(
    answers: dict[str, Any], tracked: Path
) -> None:
    """At any moment: nothing is left, or a service that starts and a record of it.

    Files are written alike in both layouts, in different places.
    """
    name = {"domain": "SIGTERM", "layer": "SIGKILL"}[answers["layout"]]
    for number in (1, 3, 5, 6, 8):
        command = (support.python(tracked), "-c", END_AFTER, str(number), name)
        support.run(*command, cwd=tracked, code=None)
        if name == "SIGKILL":
            resource(tracked, "remove", "Book")  # which starts the service
        assert status(tracked) == "", number


@first()
def test_existing_files_are_kept(tracked: Path) -> None:
    (tracked / "tests/books").mkdir()
    (tracked / "tests/books/factory.py").write_text("mine")
    before = status(tracked)
    printed = resource(tracked, "add", *BOOK, code=1)
    assert "tests/books/factory.py exists already" in printed
    assert status(tracked) == before


@first()
def test_edited_files_are_named_and_kept(tracked: Path) -> None:
    resource(tracked, "add", *BOOK)
    services = tracked / "app/books/services.py"
    services.write_text(services.read_text() + "\n\nOURS = 1\n")
    before = status(tracked)
    printed = resource(tracked, "remove", "Book", code=1)
    assert "app/books/services.py  +3 -0\nCommit" in printed
    assert printed.endswith("resource remove Book --force\n")
    assert len(printed.splitlines()) == 3
    assert status(tracked) == before
    resource(tracked, "remove", "Book", "--force")
    assert status(tracked) == ""


@variants.each_of("database")
def test_applied_migration_is_reversed(tracked: Path) -> None:
    resource(tracked, "add", *BOOK)
    support.run("./manage.py", "db", "upgrade", cwd=tracked)
    assert "which drops the table" in resource(tracked, "remove", "Book")
    assert len(list(tracked.glob("migrations/versions/*.py"))) == 3
    assert {line[:2] for line in status(tracked).splitlines()} == {"??"}, "the rest"
    support.run("./manage.py", "db", "upgrade", cwd=tracked)
    support.run("make", "lint", cwd=tracked)
    python = support.python(tracked)
    support.run(python, "-m", "pytest", "tests/test_migrations.py", cwd=tracked)
    support.run(python, "scripts/check.py", cwd=tracked)


@first()
def test_what_others_refer_to_stays(tracked: Path) -> None:
    printed = resource(tracked, "remove", "User", code=1)
    assert "no record of User" in printed
    resource(tracked, "add", *BOOK)
    support.run("./manage.py", "db", "upgrade", cwd=tracked)
    resource(tracked, "add", "Loan", "book:ref:Book")
    before = status(tracked)
    assert "Loan.book_id refers to Book" in resource(tracked, "remove", "Book", code=1)
    assert status(tracked) == before


@variants.each_of("layout")
def test_orders_can_be_removed(answers: dict[str, Any], tracked: Path) -> None:
    """And the welcome page. No test needs either: all run in one layout.

    In the other, those of resources do, in test_growth.py.
    """
    delete(tracked, answers, "welcome")
    resource(tracked, "remove", "Order")
    for path in (*tracked.glob("*.md"), *tracked.glob("app/**/*.py")):
        stale = r"\bOrder\b(?! Service)|app/orders|--orders|(place|users/) orders"
        assert not re.search(stale, path.read_text()), path
    support.run("./manage.py", "db", "upgrade", cwd=tracked)
    if answers["layout"] == "domain":
        support.run("make", "check", cwd=tracked)
    else:
        support.run("make", "lint", cwd=tracked)
        python = support.python(tracked)
        support.run(python, "scripts/check.py", cwd=tracked)
        support.run(python, "-m", "pytest", "--collect-only", cwd=tracked)


# Edits that a team makes: another column, imports, tests, and a style of its own.
EDITS = {
    "models": {
        "import ForeignKey,": "import ForeignKey, Index,",
        "index=True)\n": "index=True)  # of a buyer\n"
        "    gift: Mapped[str | None] = mapped_column(String(9))\n"
        '    __table_args__ = (Index("ix_gift", "gift"),)\n',
    },
    "schemas": {
        "class OrderRead(RowSchema):": "GIFTS   =   ['a',\n 'b']\n\nclass OrderRead(RowSchema):",
        "\n\n\nclass OrderPage(": "\n    gift = fields.String()\n\n\nclass OrderPage(",
    },
    "seeds": {"100_000": "200_000"},
}


def edit(project: Path, answers: dict[str, Any]) -> None:
    """Edit orders as a team does, and commit."""
    for kind, changes in EDITS.items():
        path = project / module(answers, "orders", kind)
        for former, text in changes.items():
            assert path.read_text().count(former) == 1, former
            path.write_text(path.read_text().replace(former, text))
    support.run("./manage.py", "db", "migrate", "-m", "gifts", cwd=project)
    support.run("./manage.py", "db", "upgrade", cwd=project)
    support.run("make", "openapi", cwd=project)
    support.commit(project)


def manage(project: Path, line: str, code: int = 0) -> str:
    """Run a command of manage.py, and apply the migration that it has written."""
    before = len(list(project.glob("migrations/versions/*.py")))
    printed = support.run("./manage.py", *line.split(), cwd=project, code=code)
    if len(list(project.glob("migrations/versions/*.py"))) > before:
        support.run("./manage.py", "db", "upgrade", cwd=project)
    return printed


# The tests that know the fields of a resource; whole resources are tested by all.
OF_A_FIELD = "test_orders or test_indexes or test_command_line"
OF_A_FIELD += " or test_up_down_and_up_again or test_each_migration_runs_on_rows"


@variants.each_choice()
def test_fields_come_and_go(answers: dict[str, Any], tracked: Path) -> None:
    """Into code that was edited, and out of it again, which leaves it byte for byte."""
    edit(tracked, answers)
    fields = (
        "note:text?:search rank:int:default=7 kind:enum:a,b? pal:ref:User? data:json?"
    )
    printed = manage(tracked, f"field add Order {fields}")
    assert "+    note: Mapped[str | None] = mapped_column(Text)\n" in printed
    assert " INFO " not in printed
    support.run("./manage.py", "seed", "--orders", "3", cwd=tracked)
    support.run("make", "openapi", cwd=tracked)
    tests = (support.python(tracked), "-m", "pytest", "-k", OF_A_FIELD)
    support.run(*tests, cwd=tracked)
    support.run(support.python(tracked), "scripts/check.py", cwd=tracked)
    schemas = (tracked / module(answers, "orders", "schemas")).read_text()
    assert "GIFTS   =   ['a',\n 'b']\n" in schemas
    manage(tracked, "field remove Order note rank kind pal data")
    changed = {line[3:] for line in status(tracked).splitlines()}
    assert all(name.startswith("migrations/") for name in changed), changed


@first()
def test_what_cannot_be_merged_is_told(answers: dict[str, Any], tracked: Path) -> None:
    models = tracked / module(answers, "orders", "models")
    text = models.read_text().replace(
        'sort_keys = ("created_at", "number", "total")', "sort_keys = KEYS"
    )
    models.write_text(
        text.replace("\n\nclass Order(", '\n\nKEYS = ("created_at",)\n\n\nclass Order(')
    )
    support.commit(tracked)
    before = models.read_text()
    printed = manage(tracked, "field add Order rank:int:default=0", code=1)
    assert '+    sort_keys = ("created_at", "number", "total", "rank")' in printed
    assert printed.endswith('Next: make openapi migrate m="…"\n')
    assert "rank: Mapped[int]" in models.read_text()
    assert set(before.splitlines()) < set(models.read_text().splitlines())


@first()
def test_what_no_field_can_be_leaves_no_trace(tracked: Path) -> None:
    for line, message in {
        "add Order note:texxt": "Did you mean note:text",
        "add Order note:text": "note: rows that are there need a value: add ?",
        "add Order total:int": "Order has 'total' already",
        "add Order version:int": "Order has 'version' already",
        "add User note:text": "no record of User",
        "remove Order nothing": "Order has number, status, total, user",
    }.items():
        printed = manage(tracked, f"field {line}", code=1)
        assert message in printed, printed
    resource(tracked, "add", *BOOK)
    printed = support.run(
        "./manage.py", "field", "add", "Book", "a:int?", cwd=tracked, code=1
    )
    assert "Apply the migrations first" in printed
    resource(tracked, "remove", "Book")
    assert status(tracked) == ""


@first()
def test_field_that_breaks_the_service_leaves_no_trace(tracked: Path) -> None:
    template = tracked / "scaffold/templates/models.py.jinja"
    fault = (
        "<% if fields | length > 4 %>\nnothing_like_it()  # noqa: F821\n<% endif %>\n"
    )
    template.write_text(template.read_text() + fault)
    support.commit(tracked)
    assert "nothing_like_it" in manage(tracked, "field add Order note:text?", code=1)
    assert status(tracked) == ""


@first()
def test_action_that_is_taken_leaves_no_trace(tracked: Path) -> None:
    manage(tracked, "action add Order return")
    support.commit(tracked)
    for name in ("return", "delete", "Return"):
        assert "is taken" in manage(tracked, f"action add Order {name}", code=1)
    assert status(tracked) == ""


MODEL = """
[Author]
fields = ["name:str:unique:search", "born_on:date?"]

[Year]
fields = ["number:int:unique"]

[Book]
fields = ["title:str", "author:ref", "sequel:ref:Self?", "readers:many:User"]
actions = ["lend"]
public_read = true

[Almanac]
fields = ["years:many:Year"]

[Order]
fields = ["book:ref?"]
"""


@first()
def test_model_file_is_applied_and_exported(tracked: Path, tmp_path: Path) -> None:
    file = tmp_path / "model.toml"
    file.write_text(MODEL)
    manage(tracked, f"resource apply {file}")
    assert len(list(tracked.glob("migrations/versions/*.py"))) == 2
    document = json.loads((tracked / "openapi.json").read_text())
    shown = document["components"]["schemas"]["OrderRead"]["properties"]
    assert "book_id" in shown, "changed beside new ones"
    manage(tracked, "field add Author book:ref?")  # they refer to each other
    support.check_resources(tracked)
    assert "book:ref?" in resource(tracked, "export")
    manage(tracked, "field remove Author book")
    exported = resource(tracked, "export")
    support.commit(tracked)
    file.write_text(exported)
    manage(tracked, f"resource apply {file}")
    assert status(tracked) == ""
    for text, message in {
        MODEL.replace("[Book]", "[Tome]").replace(
            "author:ref", "x:ref"
        ): "no model 'X'",
        "[Pen]\nfields = ['a:str']\n[Ink]\nfields = ['x:ref']": "no model 'X'",
        "[Pen]\ncolour = 1\nfields = []": "Pen: there is no 'colour'",
        "[Pen]\nfields = 1": "is not what `resource export` prints",
        "[Pen": "is not what `resource export` prints",
    }.items():
        file.write_text(text)
        assert message in manage(tracked, f"resource apply {file}", code=1)
    assert status(tracked) == ""
    for model in ("Order", "Book", "Author"):
        manage(tracked, f"resource remove {model} --force")
    file.write_text(exported)
    manage(tracked, f"resource apply {file}")
    assert resource(tracked, "export") == exported


@first()
def test_project_works_without_scaffold(tracked: Path) -> None:
    shutil.rmtree(tracked / "scaffold")
    for path in (*tracked.glob("app/**/*.py"), *tracked.glob("tests/**/*.py")):
        assert "scaffold" not in path.read_text(), path
    support.check_resources(tracked)
    assert "resource" not in support.run("./manage.py", "--help", cwd=tracked)


@first()
def test_tab_completes(project: Path) -> None:
    completion = {"_MANAGE_PY_COMPLETE": "bash_complete", "COMP_CWORD": "3"}
    words = "manage.py resource add --"
    offered = support.run("./manage.py", cwd=project, COMP_WORDS=words, **completion)
    assert {"plain,--dry-run", "plain,--plural"} <= set(offered.split())
