"""The names of a resource, and which names cannot be."""

import builtins
import keyword
import re
from dataclasses import dataclass

import inflection
from marshmallow import Schema
from sqlalchemy.dialects.mysql.reserved_words import RESERVED_WORDS_MYSQL
from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS as POSTGRESQL
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from app.core.data.base import Base
from scaffold.fields import Field, Refused

# Plurals that inflection does not know.
IRREGULAR = {
    "bonus": "bonuses",
    "cactus": "cacti",
    "criterion": "criteria",
    "foot": "feet",
    "gas": "gases",
    "goose": "geese",
    "half": "halves",
    "hero": "heroes",
    "iris": "irises",
    "knife": "knives",
    "leaf": "leaves",
    "lens": "lenses",
    "potato": "potatoes",
    "shelf": "shelves",
    "thief": "thieves",
    "tooth": "teeth",
    "virus": "viruses",
    "wolf": "wolves",
}
# Tables have plural names, so orders and users do no harm.
SQL = {*RESERVED_WORDS_MYSQL, *POSTGRESQL, *SQLiteDialect.preparer.reserved_words}
SQL -= {"order", "user"}
# What the generated files import or call something else: classes, variables, and what
# a field would hide.
CLASSES = """Any Base BigInteger Blueprint ClickException Decimal Double FlaskClient
ForeignKey Iterator JSON Length Mapped MethodView Numeric PageQuery PageSchema Range
RowSchema Schema StrEnum String TestResponse Text UUID"""
VARIABLES = """blp choice client core count date datetime db fields numbers paginate pytest
query randint random repository schemas select services timedelta values"""
{% if cookiecutter.auth == "jwt" %}
VARIABLES += " anonymous security user_client"
{% endif %}
HIDDEN = {"client", "date", "datetime", "fields", "mapped_column", "relationship"}
PAGE = {"limit", "cursor", "sort"}
LONGEST = 63  # characters in a name of PostgreSQL


@dataclass(frozen=True)
class Names:
    """What a resource is called in each place."""

    model: str  # OrderLine
    plural: str  # order_lines, also the table

    @property
    def one(self) -> str:
        """The name of a variable: order_line."""
        return inflection.underscore(self.model)

    @property
    def models(self) -> str:
        """The name of a class for all: OrderLines."""
        return inflection.camelize(self.plural)

    @property
    def path(self) -> str:
        """The name in URLs: order-lines."""
        return self.plural.replace("_", "-")

    @property
    def words(self) -> str:
        """The plural in a sentence: order lines."""
        return self.plural.replace("_", " ")

    @property
    def human(self) -> str:
        """The singular in a sentence: order line."""
        return self.one.replace("_", " ")

    @property
    def a(self) -> str:
        """The same with its article: an order line."""
        return f"{'an' if self.one[0] in 'aeiou' else 'a'} {self.human}"


def make(model: str, plural: str | None) -> Names:
    """Derive the names of a resource. Raises Refused."""
    if not re.fullmatch("[A-Z][A-Za-z0-9]*", model):
        words = re.sub("[^A-Za-z0-9]+", "_", model).strip("_0123456789")
        near = inflection.camelize(words) or "Book"
        raise Refused(f"{model!r} is not the name of a model: write {near}.")
    one = inflection.underscore(model)
    chosen = plural or pluralize(one)
    if not re.fullmatch("[a-z][a-z0-9_]*", chosen):
        near = inflection.underscore(re.sub("[^A-Za-z0-9]+", "_", chosen))
        raise Refused(f"{chosen!r} is not a plural: write --plural {near}.")
    if chosen == one:
        single = inflection.camelize(inflection.singularize(one))
        hint = "" if single == model else f" Did you mean {single}?"
        raise Refused(
            f"{model} has the same plural; name the list, for example "
            f"--plural {one}_items.{hint}"
        )
    names = Names(model, chosen)
    schemas = [model + role for role in ("Create", "Update", "Read", "Page", "Query")]
    for name in (one, chosen, model, names.models, *schemas):
        if reason := taken_word(name):
            raise Refused(f"{name!r} is {reason}: choose another name, as {model}Item.")
    return names


def pluralize(one: str) -> str:
    """Return the plural of the last word."""
    *words, last = one.split("_")
    return "_".join([*words, IRREGULAR.get(last) or inflection.pluralize(last)])


def taken_word(name: str) -> str | None:
    """Return what else a word is, None when it is nothing else."""
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return "a keyword of Python"
    if hasattr(builtins, name):
        return "a builtin of Python"
    if name in SQL:
        return "a reserved word of SQL"
    if name in CLASSES.split() or name in VARIABLES.split():
        return "a name that the generated files use"
    return None


def check_fields(names: Names, fields: list[Field]) -> None:
    """Refuse fields that cannot be. Raises Refused."""
    if not fields:
        raise Refused(f"{names.model} needs a field, such as title:str.")
    seen: set[str] = set()
    for field in fields:
        for name in {field.name, field.column}:
            if reason := fault(name):
                near = f"{names.one}_{field.name}"
                raise Refused(f"{name!r} is {reason}: call it {near}, for example.")
        if seen & {field.name, field.column}:
            raise Refused(f"{field.name!r} is there twice.")
        seen |= {field.name, field.column}
        longest = f"ix_{names.plural}_{field.column}_id_{field.target.lower()}s"
        if len(longest) > LONGEST:
            raise Refused(
                f"{field.name!r} is too long: with {names.plural!r} it makes a name of "
                f"more than {LONGEST} characters in the database. Shorten one of them."
            )
        if field.target == names.model and not field.optional:
            raise Refused(
                f"{field.name} refers to {names.model} itself: the first one has none, "
                f"so write {field.name}:ref:{field.target}?"
            )


def fault(name: str) -> str | None:
    """Return why a field cannot have a name, None when it can."""
    if name in Base.__annotations__:
        return "a field that every model has"
    if keyword.iskeyword(name):
        return "a keyword of Python"
    if hasattr(Base, name):
        return "an attribute of every model"
    if name in PAGE or hasattr(Schema(), name) or name == "query":
        return "a name that lists or schemas use"
    return "a name that the generated files use" if name in HIDDEN else None
