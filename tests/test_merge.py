"""`./manage.py field add` in code that was edited: what a team wrote stays, all of it."""

import json
from pathlib import Path
from typing import Any

from tests import support, variants
from tests.test_growth import module

COLUMN = (
    '    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)\n'
)
NUMBER = "    number: Mapped[str] = mapped_column(String(40), unique=True)\n"
TOTAL = "mapped_column(Numeric(12, 2))"
STATUS = "\n\nclass OrderStatus"
KEYS = 'sort_keys = ("created_at", "number", "total")'

# What a team makes of the generated files: each text once, and what stands in its place.
EDITS: dict[str, tuple[str, dict[str, str]]] = {
    "reordered fields": ("models", {NUMBER: "", COLUMN: COLUMN + NUMBER}),
    "comments between": (
        "models",
        {COLUMN: f"    # who bought it\n{COLUMN}    # more to come\n"},
    ),
    "a column and a method": (
        "models",
        {
            COLUMN: f"{COLUMN}    gift: Mapped[str | None]\n",
            'Order.user_id")\n': 'Order.user_id")\n\n    def pay(self) -> None:\n        pass\n',
        },
    ),
    "another formatter": (
        "models",
        {
            TOTAL: "mapped_column(\n        Numeric(12, 2),\n    )",
            '"orders"': "'orders'",
        },
    ),
    "a renamed class": ("models", {"class Order(": "class Purchase("}),
    "a decorator": (
        "models",
        {
            "class Order(": "@audited\nclass Order(",
            STATUS: f"\n\ndef audited(model: type) -> type:\n    return model\n{STATUS}",
        },
    ),
    "another base": (
        "models",
        {
            "(SoftDelete, Base)": "(Audited, SoftDelete, Base)",
            STATUS: f"\n\nclass Audited:\n    pass\n{STATUS}",
        },
    ),
    "another default": ("models", {"default=OrderStatus.PENDING": "default='paid'"}),
    "a type alias": (
        "models",
        {"Mapped[Decimal]": "Mapped[Price]", STATUS: f"\nPrice = Decimal\n{STATUS}"},
    ),
    "unused and unsorted imports": (
        "models",
        {
            "from decimal import Decimal\nfrom enum import StrEnum\n": "from enum import StrEnum\nfrom decimal import Decimal\nimport os\n"
        },
    ),
    "sort keys in lines": (
        "models",
        {KEYS: 'sort_keys = (\n        "created_at",\n        "total",\n    )'},
    ),
    "a split file": ("models", {"    PENDING =": "    LATE = 'late'\n    PENDING ="}),
    "Windows": ("models", {"\n": "\r\n"}),
    "tabs": ("models", {"    ": "\t"}),
    "no last newline": ("schemas", {"fields.UUID())\n": "fields.UUID())"}),
    "a base of schemas": (
        "schemas",
        {
            "class OrderCreate(Schema)": "class Ours(Schema):\n    gift = fields.String()\n\n\n"
            "class OrderCreate(Ours)",
        },
    ),
    "a field less": ("schemas", {"    total = fields.Money()\n": ""}),
    "another test": ("test", {'("total", "9999999999.99")': '("total", "1.00")'}),
}

# Makes each edit, adds fields, prints what came of it, and takes all of it back.
SCRIPT = """
import json, os, sys
from pathlib import Path
sys.path.insert(0, os.getcwd())
from app import create_app
from scaffold import records
from scaffold.atomic_write import all_or_nothing
from scaffold import write
class Enough(Exception): pass
known, found = records.find("Order"), {}
rendered, render = {}, write.render
def render_once(resource):
    number = len(resource.fields)
    rendered[number] = rendered.get(number) or render(resource)
    return rendered[number]
write.render = render_once
wanted = known | {"fields": [*known["fields"], "note:text?", "rank:int:default=7"]}
with create_app().app_context():
    for name, (path, text) in json.load(sys.stdin).items():
        former = Path(path).read_bytes()
        Path(path).write_bytes(text.encode())
        try:
            with all_or_nothing() as files:
                write.change(known, wanted, files)
                found[name] = [Path(path).read_bytes().decode(), files.left.get(path, "")]
                raise Enough
        except Enough:
            assert Path(path).read_bytes() == text.encode(), name
        Path(path).write_bytes(former)
print(json.dumps(found))
"""

# What is to be done by hand, and which lines are to be printed.
BY_HAND = {
    "sort keys in lines": {
        '+    sort_keys = ("created_at", "number", "total", "rank")'
    },
    "tabs": {"+    note: Mapped[str | None] = mapped_column(Text)"},
}


def edited(text: str, changes: dict[str, str]) -> str:
    """Return a text with each change made."""
    for former, new in changes.items():
        assert former in text, former
        text = text.replace(former, new)
    return text


@variants.each([variants.COMBINATIONS[0]])
def test_edited_code_survives(answers: dict[str, Any], project: Path) -> None:
    paths = {kind: module(answers, "orders", kind) for kind in ("models", "schemas")}
    paths["test"] = "tests/orders/test_orders.py"
    texts = {kind: (project / path).read_text() for kind, path in paths.items()}
    given = {
        name: (paths[kind], edited(texts[kind], changes))
        for name, (kind, changes) in EDITS.items()
    }
    run = (support.python(project), "-c", SCRIPT)
    printed = support.run(*run, cwd=project, stdin=json.dumps(given), LOG_LEVEL="ERROR")
    found = json.loads(printed)
    for name, (kind, _) in EDITS.items():
        text, left = found[name]
        lines, base = iter(text.splitlines()), set(texts[kind].splitlines())
        own = [line for line in given[name][1].splitlines() if line not in base]
        assert all(line in lines for line in own), name
        assert text.count("\r\n") == (text.count("\n") if name == "Windows" else 0)
        assert BY_HAND.get(name, set()) <= set(left.splitlines()), (name, left)
        assert bool(left) == (name in BY_HAND), (name, left)
        if kind == "models" and not left:
            note = text.index("    note: Mapped[str | None] = mapped_column(Text)")
            assert max(text.rindex("user_id: "), text.rindex("total: ")) < note, name
            assert note < text.index("    rank: ") < text.index("    user: "), name
