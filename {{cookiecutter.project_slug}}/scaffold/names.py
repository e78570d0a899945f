"""Naming: what a resource is called in each place, and which names are reserved."""

import builtins
import keyword
import re
import tomllib
from collections.abc import Collection
from pathlib import Path

import inflection
from marshmallow import Schema
from sqlalchemy.dialects.mysql.reserved_words import RESERVED_WORDS_MYSQL
from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS as POSTGRESQL
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from app.core.data.base import Base
from scaffold import Refused

WORDS = tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))
TAKEN = {kind: words.split() for kind, words in WORDS["taken"].items()}
SQL = {*RESERVED_WORDS_MYSQL, *POSTGRESQL, *SQLiteDialect.preparer.reserved_words}
RESOURCES_CANNOT_BE = {
    "a keyword of Python": [*keyword.kwlist, *keyword.softkwlist],
    "a builtin of Python": dir(builtins),
    "a name that the generated files use": TAKEN["generated"],
}
FIELDS_CANNOT_BE = {
    "a field that every model has": [*Base.__annotations__, "deleted_at"],
    "a keyword of Python": keyword.kwlist,
    "an attribute of every model": [*dir(Base), *dir(type(Base))],
    "a name that lists or schemas use": [*TAKEN["lists"], *dir(Schema())],
    "a name that the generated files use": TAKEN["hidden"],
}


class Names:
    """What a resource is called in each place."""

    def __init__(self, model: str, plural: str) -> None:
        self.model = model  # OrderLine
        self.plural = plural  # order_lines, also the table
        self.one = inflection.underscore(model)  # order_line, a variable
        self.collection = inflection.camelize(plural)  # OrderLines, a class for all
        self.path = plural.replace("_", "-")  # order-lines, in URLs
        self.words = plural.replace("_", " ")  # order lines, in a sentence
        self.human = self.one.replace("_", " ")  # order line
        self.a = f"{'an' if self.one[0] in 'aeiou' else 'a'} {self.human}"
{% if cookiecutter.layout == "domain" %}
        self.module = f"app.{plural}.models"
        self.own_module = ".models"  # for the other modules of the resource
{% else %}
        self.module = self.own_module = f"app.models.{self.one}"
{% endif %}

    def doing(self, action: str) -> str:
        """Return an action as a sentence: `mark_paid` is Mark an order paid."""
        verb, *rest = action.split("_")
        return " ".join([verb.capitalize(), self.a, *rest])


def make_names(model: str, plural: str | None) -> Names:
    """Derive the names of a resource. Raises Refused."""
    if not re.fullmatch("[A-Z][A-Za-z0-9]*", model):
        words = re.sub("[^A-Za-z0-9]+", "_", model).strip("_0123456789")
        near = inflection.camelize(words) or "Book"
        raise Refused(f"{model!r} is not the name of a model: write {near}.")
    names = Names(model, plural or pluralize(inflection.underscore(model)))
    check_plural(names)
    roles = ("", "Create", "Update", "Read", "Page", "Query")
    classes = [names.collection, *(model + role for role in roles)]
    for name in (names.one, names.plural, *classes):
        if reason := why_not(name, RESOURCES_CANNOT_BE):
            raise Refused(f"{name!r} is {reason}: choose another name, as {model}Item.")
    return names


def check_plural(names: Names) -> None:
    """Refuse a plural that is none, or the same as the singular. Raises Refused."""
    model, one, plural = names.model, names.one, names.plural
    if not re.fullmatch("[a-z][a-z0-9_]*", plural):
        near = inflection.underscore(re.sub("[^A-Za-z0-9]+", "_", plural)).strip("_")
        raise Refused(f"{plural!r} is not a plural: write --plural {near}.")
    if plural in SQL:
        raise Refused(f"{plural!r} is a reserved word of SQL: name --plural.")
    if plural == one:
        single = inflection.camelize(inflection.singularize(one))
        hint = "" if single == model else f" Did you mean {single}?"
        text = f"{model} has the same plural; name the list, for example "
        raise Refused(f"{text}--plural {one}_items.{hint}")


def pluralize(one: str) -> str:
    """Return the plural of the last word."""
    *words, last = one.split("_")
    plural = WORDS["plurals"].get(last) or inflection.pluralize(last)
    return "_".join([*words, plural])


def why_not(name: str, cannot_be: dict[str, Collection[str]]) -> str | None:
    """Return what else a name is, None when it is free."""
    return next((what for what, names in cannot_be.items() if name in names), None)
