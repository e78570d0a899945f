{% set jwt = cookiecutter.auth == "jwt" %}
{% set anyone = "\n@blp.access(ANYONE)" if jwt else "" %}
"""A resource for tests of what every resource gets; no migration knows its tables."""

from typing import Any
from uuid import UUID

from marshmallow import Schema
from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload
from sqlalchemy.sql.base import ExecutableOption
from webargs.fields import DelimitedList

from app.core.data import repository
from app.core.data.base import Base
from app.core.data.soft_delete import SoftDelete
{% if jwt %}
from app.core.identity.blueprint import ANYONE, Blueprint
from app.core.web import fields
{% else %}
from app.core.web import fields
from app.core.web.blueprint import Blueprint
{% endif %}
from app.core.web.pagination import paginate
from app.core.web.schemas import PageQuery, PageSchema, RowSchema


class SampleAuthor(Base):
    """Who wrote a book."""

    __tablename__ = "sample_authors"

    name: Mapped[str] = mapped_column(String(40))


class SampleTag(SoftDelete, Base):
    """What a book is about."""

    __tablename__ = "sample_tags"

    name: Mapped[str] = mapped_column(String(40))


SAMPLE_BOOK_TAGS = Table(
    "sample_book_tags",
    Base.metadata,
    Column("book_id", ForeignKey("sample_books.id"), primary_key=True),
    Column("tag_id", ForeignKey("sample_tags.id"), primary_key=True),
)


class SampleBook(SoftDelete, Base):
    """A book, by an author and with tags."""

    __tablename__ = "sample_books"
    sort_keys = ("created_at", "title")

    title: Mapped[str] = mapped_column(String(40))
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("sample_authors.id"))

    author: Mapped[SampleAuthor | None] = relationship()
    tags: Mapped[list[SampleTag]] = relationship(secondary=SAMPLE_BOOK_TAGS)


class SampleNameRead(RowSchema):
    """What is shown of an author or a tag."""

    name = fields.String(required=True)


class SampleBookRead(RowSchema):
    """What is shown of a book, with its author and tags."""

    title = fields.String(required=True)
    author = fields.Nested(SampleNameRead, required=True, allow_none=True)
    tags = fields.List(fields.Nested(SampleNameRead), required=True)


class SampleBookPage(PageSchema):
    """One page of the list of books."""

    items = fields.List(fields.Nested(SampleBookRead), required=True)


class SampleBookQuery(PageQuery):
    """Which books a list has: `title=A&title=B`, or `author_id=1,2`."""

    sort = fields.Sort(SampleBook)
    title = fields.List(fields.String())
    author_id = DelimitedList(fields.UUID())


class SampleBookUpdate(Schema):
    """What can be changed of a book; the tags are given by their names."""

    title = fields.String()
    author_id = fields.UUID()
    tags = fields.List(fields.String())


blp = Blueprint("sample-books", __name__, url_prefix="/sample-books")


def related() -> list[ExecutableOption]:
    """Return what loads the related rows of books, in one query each."""
    return [selectinload(SampleBook.author), selectinload(SampleBook.tags)]


@blp.get("/")
@blp.arguments(SampleBookQuery, location="query")
@blp.response(200, SampleBookPage){{ anyone }}
def list_books(query: dict[str, Any]) -> dict[str, Any]:
    """List books."""
    return paginate(SampleBook, options=related(), **query)


@blp.get("/<uuid:book_id>")
@blp.etag
@blp.response(200, SampleBookRead){{ anyone }}
def get_book(book_id: UUID) -> SampleBook:
    """Get a book."""
    return repository.get(SampleBook, options=related(), id=book_id)


@blp.patch("/<uuid:book_id>")
@blp.etag
@blp.arguments(SampleBookUpdate)
@blp.response(200, SampleBookRead){{ anyone }}
def update_book(values: dict[str, Any], book_id: UUID) -> SampleBook:
    """Change a book."""
    book = repository.get(SampleBook, options=related(), id=book_id)
    blp.check_etag(book, SampleBookRead)
    if "tags" in values:
        names = values["tags"]
        values["tags"] = [repository.get(SampleTag, name=name) for name in names]
    return repository.save(book, values)


MODELS = (SampleAuthor, SampleTag, SampleBook)
TABLES = {model.__tablename__: model.__table__ for model in MODELS}
TABLES[SAMPLE_BOOK_TAGS.name] = SAMPLE_BOOK_TAGS
for table in TABLES.values():
    Base.metadata.remove(table)
