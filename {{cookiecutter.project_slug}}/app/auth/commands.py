"""Commands for accounts: `./manage.py create-superuser`, `set-password`, `token`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import with_appcontext
from marshmallow import ValidationError
from sqlalchemy.exc import IntegrityError

from app.core import fields, repository
from app.core.database import db
from app.core.errors import NotFound
{% if cookiecutter.layout == "domain" %}
from app.users import services as users
from app.users.models import User
from app.users.schemas import UserCreate

from . import services
{% else %}
from app.models.user import User
from app.schemas.user import UserCreate
from app.services import auth as services
from app.services import user as users
{% endif %}


@click.command()
@click.argument("email")
@click.option("--name", default="Superuser", show_default=True)
@with_appcontext
def create_superuser(email: str, name: str) -> None:
    """Create a user who may do everything, or let one that there is.

    The password is asked for; where nobody can be asked, it is the first line of
    standard input.
    """
    with repository.transaction():  # no lock is held while somebody types
        known = db.session.scalar(sa.select(User).filter_by(email=email.lower()))
    if known:
        repository.save(known, {"is_superuser": True, "is_active": True})
        click.echo(f"{known.email} is a superuser now, with the same password.")
        return
    with readable_faults():
        values = UserCreate().load({"email": email, "name": name, "is_superuser": True})
    try:
        user = users.create_user(values | {"password": ask_password()})
    except IntegrityError:
        raise click.ClickException(
            f"{email} is of a deleted user: ./manage.py purge --older-than 0h frees it, "
            "unless other rows refer to that user."
        ) from None
    click.echo(f"Created the superuser {user.email}.")


@click.command()
@click.argument("email")
@with_appcontext
def set_password(email: str) -> None:
    """Set the password of a user, who is signed out everywhere.

    The password is asked for; where nobody can be asked, it is the first line of
    standard input.
    """
    user = find(email)
    services.set_password(user, ask_password())
    click.echo(f"Set the password of {user.email}.")


@click.command()
@click.argument("email")
@with_appcontext
def token(email: str) -> None:
    """Print an access token of a user, good for a day; in development only."""
    if current_app.config["APP_ENV"] == "production":
        raise click.ClickException("In production, sign in: POST /api/v1/auth/login.")
    click.echo(services.start(find(email), timedelta(days=1))["access_token"])


def find(email: str) -> User:
    """Return the user with this address. Raises ClickException."""
    try:
        with repository.transaction():  # no lock is held while somebody types
            return repository.get(User, email=email.lower())
    except NotFound:
        raise click.ClickException(
            f"There is no user {email}. Make one: ./manage.py create-superuser {email}"
        ) from None


def ask_password() -> str:
    """Return a good password from a terminal or standard input. Raises ClickException."""
    if sys.stdin.isatty():
        given = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        given = sys.stdin.readline().rstrip("\r\n")
        if not given:
            raise click.ClickException("password: write it to standard input.")
    with readable_faults("password"):
        return str(fields.Password().deserialize(given))


@contextmanager
def readable_faults(field: str = "") -> Iterator[None]:
    """Say in one line what is wrong with a value. Raises ClickException."""
    try:
        yield
    except ValidationError as error:
        messages: Any = error.messages_dict if not field else {field: error.messages}
        lines = (f"{name}: {' '.join(texts)}" for name, texts in messages.items())
        raise click.ClickException(" ".join(lines)) from None
