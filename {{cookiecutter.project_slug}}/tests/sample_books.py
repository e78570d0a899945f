{% set first, last, anyone = ("from app.core.identity.blueprint import ANYONE, Blueprint\n", "", "\n@blp.access(ANYONE)") if cookiecutter.auth == "jwt" else ("", "\nfrom app.core.web.blueprint import Blueprint", "") %}
"""A resource for tests of what every resource gets; no migration knows its tables."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Response, request, send_file, stream_with_context
from flask_smorest.fields import Upload
from marshmallow import Schema
from sqlalchemy import Column, ForeignKey, String, Table, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload
from sqlalchemy.sql.base import ExecutableOption
from webargs.fields import DelimitedList

from app.core.data import repository
from app.core.data.base import Base
from app.core.data.session import db
from app.core.data.soft_delete import SoftDelete
{{ first }}from app.core.web import fields{{ last }}
from app.core.web.pagination import paginate
from app.core.web.schemas import PageQuery, PageSchema, RowSchema


class SampleAuthor(SoftDelete, Base):
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


class SampleShelf(Base):
    """Where books are; one that is deleted is gone at once."""

    __tablename__ = "sample_shelves"


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
TYPES = ["application/json", "text/csv"]  # the first where any will do


def related() -> list[ExecutableOption]:
    """Return what loads the related rows of books, in one query each."""
    return [selectinload(SampleBook.author), selectinload(SampleBook.tags)]


@blp.get("/")
@blp.arguments(SampleBookQuery, location="query")
@blp.response(200, SampleBookPage)
@blp.alt_response(200, schema={"type": "string"}, content_type="text/csv"){{ anyone }}
def list_books(query: dict[str, Any]) -> Any:
    """List books, or all of their titles as CSV."""
    if request.accept_mimetypes.best_match(TYPES) == "text/csv":
        return Response(stream_with_context(titles()), mimetype="text/csv")
    return paginate(SampleBook, options=related(), **query)


def titles() -> Iterator[str]:
    """Yield the lines of the CSV; few rows are in memory at a time."""
    query = select(SampleBook.title).order_by(SampleBook.title)
    with db.session.scalars(query.execution_options(yield_per=100)) as found:
        yield "title\r\n"
        for title in found:
            yield f"{title}\r\n"


COVERS: dict[UUID, bytes] = {}


class SampleCover(Schema):
    """A picture of a book."""

    cover = Upload(required=True)


@blp.get("/<uuid:book_id>/cover")
@blp.response(200, {"type": "string", "format": "binary"}, content_type="image/png"){{ anyone }}
def get_cover(book_id: UUID) -> Response:
    """Get the picture of a book."""
    return send_file(BytesIO(COVERS[book_id]), mimetype="image/png")


@blp.put("/<uuid:book_id>/cover")
@blp.arguments(SampleCover, location="files")
@blp.response(204){{ anyone }}
def put_cover(files: dict[str, Any], book_id: UUID) -> None:
    """Store the picture of a book."""
    COVERS[book_id] = files["cover"].read()


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


MODELS = (SampleAuthor, SampleTag, SampleBook, SampleShelf)
TABLES = {model.__tablename__: model.__table__ for model in MODELS}
TABLES[SAMPLE_BOOK_TAGS.name] = SAMPLE_BOOK_TAGS
for table in TABLES.values():
    Base.metadata.remove(table)
