"""What is deleted is gone for every reader, and is removed for good by purge."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from flask_migrate import upgrade
from sqlalchemy import Table, delete, func, select, update

from app.core.data import repository, soft_delete
from app.core.data.base import utc_now
from app.core.data.session import db
from app.core.errors import Conflict, Invalid, NotFound
{% if cookiecutter.layout == "domain" %}
from app.users.models import User
{% else %}
from app.models.user import User
{% endif %}
from tests.sample_books import (
    SAMPLE_BOOK_TAGS,
    SampleAuthor,
    SampleBook,
    SampleShelf,
    SampleTag,
)
from tests.users.factory import create_user

USERS = "/api/v1/users/"


@pytest.fixture
def deleted(client: FlaskClient) -> str:
    """Return the id of a user that was deleted, beside one that was not."""
    create_user(client, email="here@example.com")
    user = create_user(client, email="gone@example.com")
    headers = {"If-Match": user.headers["ETag"]}
    client.delete(f"{USERS}{user.json['id']}", headers=headers)
    return user.json["id"]


def test_gone_for_every_reader(client: FlaskClient, deleted: str) -> None:
    assert client.get(f"{USERS}{deleted}").status_code == 404
    assert client.get(f"{USERS}lookup?email=gone@example.com").status_code == 404
    emails = {user["email"] for user in client.get(USERS).json["items"]}
    assert "here@example.com" in emails
    assert "gone@example.com" not in emails


def test_unique_value_stays_taken(client: FlaskClient, deleted: str) -> None:
    assert create_user(client, email="gone@example.com").status_code == 409


def test_gone_for_every_statement(app: Flask, deleted: str) -> None:
    both = User.email.in_(["here@example.com", "gone@example.com"])
    with app.app_context():
        assert db.session.scalar(select(func.count(User.id)).where(both)) == 1
        assert len(db.session.scalars(select(User.email).where(both)).all()) == 1
        changed = db.session.execute(update(User).where(both).values(name="New"))
        assert changed.rowcount == 1
        everything = select(User).where(both).execution_options(include_deleted=True)
        assert len(db.session.scalars(everything).all()) == 2
        assert db.session.execute(delete(User).where(both)).rowcount == 1
        db.session.rollback()


def test_purge(
    app: Flask, client: FlaskClient, runner: FlaskCliRunner, deleted: str
) -> None:
    def purge(age: str) -> str:
        return runner.invoke(args=["purge", "--older-than", age]).output

    assert "Removed 0 users." in purge("30d")
    with app.app_context():
        old = update(User).where(User.deleted_at.is_not(None))
        old = old.values(deleted_at=utc_now() - timedelta(days=31))
        db.session.execute(old.execution_options(include_deleted=True))
        db.session.commit()
    assert "Removed 1 users." in purge("30d")
    assert create_user(client, email="gone@example.com").status_code == 201
    assert "30d or 12h" in purge("1y")


def test_purge_keeps_what_others_refer_to(empty: Flask, extra_table: Table) -> None:
    with empty.app_context():
        upgrade()
        extra_table.create(db.engine)
        both = [
            User(email=f"{name}@example.com", name=name, deleted_at=utc_now())
            for name in ("noted", "other")
        ]
        db.session.add_all(both)
        db.session.flush()
        db.session.execute(extra_table.insert().values(user_id=both[0].id))
        db.session.commit()
        assert soft_delete.purge(timedelta())["users"] == (1, {extra_table.name: 1})
        left = select(User.name).execution_options(include_deleted=True)
        assert db.session.scalars(left).all() == ["noted"]


def test_what_a_plain_table_refers_to_is_kept(empty: Flask, extra_table: Table) -> None:
    with empty.app_context():
        upgrade()
        extra_table.create(db.engine)
        user = repository.save(User(), {"email": "ada@example.com", "name": "Ada"})
        db.session.execute(extra_table.insert().values(user_id=user.id))
        with pytest.raises(Conflict, match=extra_table.name):
            repository.delete(user)


def test_rows_of_an_association_table_go_with_their_owner(books: Flask) -> None:
    with books.app_context():
        tag = repository.save(SampleTag(), {"name": "A"})
        book = repository.save(SampleBook(), {"title": "A", "tags": [tag]})
        with pytest.raises(Conflict, match="SampleBook"):
            repository.delete(tag)
        repository.delete(book)
        repository.delete(tag)  # no book that is left has it
        assert db.session.scalars(select(SAMPLE_BOOK_TAGS.c.tag_id)).all() == [tag.id]

        book.deleted_at = utc_now() + timedelta(days=1)  # the tag is older
        db.session.commit()
        output = books.test_cli_runner().invoke(args=["purge", "--older-than", "0h"])
        assert "Kept 1 sample_tags: sample_book_tags refer to them." in output.output
        book.deleted_at = utc_now() - timedelta(hours=2)
        db.session.commit()
        command = ["purge", "--older-than", "1h"]
        output = books.test_cli_runner().invoke(args=command).output
        assert "Removed 1 sample_books." in output
        assert "Removed 0 sample_tags." in output
        assert soft_delete.purge(timedelta())["sample_tags"] == (1, {})
        assert db.session.scalars(select(SAMPLE_BOOK_TAGS.c.tag_id)).all() == []


def test_a_deleted_row_is_restored_by_a_unique_value(app: Flask, deleted: str) -> None:
    with app.app_context():
        user = repository.restore(User, email="gone@example.com")
        assert str(user.id) == deleted
        assert repository.get(User, email="gone@example.com") is user
        with pytest.raises(NotFound):
            repository.restore(User, email="gone@example.com")


def test_of_several_rows_none_is_restored(books: Flask) -> None:
    with books.app_context():
        for _ in range(2):
            repository.delete(repository.save(SampleAuthor(), {"name": "Ada"}))
        with pytest.raises(Conflict, match="several"):
            repository.restore(SampleAuthor, name="Ada")


def test_no_row_is_restored_that_refers_to_a_deleted_one(books: Flask) -> None:
    with books.app_context():
        author = repository.save(SampleAuthor(), {"name": "Ada"})
        values = {"title": "A", "author_id": author.id}
        repository.delete(repository.save(SampleBook(), values))
        repository.delete(author)
        with pytest.raises(Invalid, match="SampleAuthor"):
            repository.restore(SampleBook, title="A")
        repository.restore(SampleAuthor, name="Ada")
        assert repository.restore(SampleBook, title="A").author is author


def test_without_the_mixin_a_deleted_row_is_gone(books: Flask) -> None:
    with books.app_context():
        repository.delete(repository.save(SampleShelf(), {}))
        every = select(SampleShelf).execution_options(include_deleted=True)
        assert db.session.scalars(every).all() == []
