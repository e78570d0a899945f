"""Commands for accounts: `./manage.py create-superuser`, `token`, `api-key` and so on."""

import sys
from datetime import timedelta
from typing import Any

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import with_appcontext
from marshmallow import Schema, ValidationError
from sqlalchemy.exc import IntegrityError

from app.core.data import repository
from app.core.data.base import utc_now
from app.core.data.session import db, transaction
from app.core.errors import Invalid, NotFound
from app.core.identity import api_keys, permissions
from app.core.identity import services as identity
from app.core.identity.schemas import ApiKeyCreate
{% if cookiecutter.layout == "domain" %}

from . import services
from .models import User
from .schemas import UserCreate
{% else %}
from app.models.user import User
from app.schemas.user import UserCreate
from app.services import user as services
{% endif %}

CLIENT = {"address": "", "user_agent": "manage.py token"}


@click.command()
@click.argument("email")
@click.option("--name", default="Superuser", show_default=True)
@with_appcontext
def create_superuser(email: str, name: str) -> None:
    """Create a user who may do everything, or let one that there is.

    The password is asked for; where nobody can be asked, it is the first line of
    standard input.
    """
    with transaction():  # no lock is held while somebody types
        known = db.session.scalar(sa.select(User).filter_by(email=email.lower()))
    if known:
        values = {"is_superuser": True, "is_active": True}
        verified = {"email_verified_at": utc_now()}
        permissions.log_privileges(repository.save(known, values | verified), values)
        click.echo(f"{known.email} is a superuser now, with the same password.")
        return
    values = load(email=email, name=name, is_superuser=True)
    values |= {"password": ask_password(), "email_verified_at": utc_now()}
    try:
        user = services.create_user(values)
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
    identity.set_password(user, ask_password())
    click.echo(f"Set the password of {user.email}.")


@click.command()
@click.argument("email")
@with_appcontext
def token(email: str) -> None:
    """Print an access token of a user, good for a day; in development only."""
    if current_app.config["APP_ENV"] == "production":
        raise click.ClickException("In production, sign in: POST /api/v1/auth/login.")
    click.echo(identity.start(find(email), CLIENT, timedelta(days=1))["access_token"])


@click.command()
@click.argument("email")
@click.argument("name")
@click.option("--days", default=90, show_default=True)
@with_appcontext
def api_key(email: str, name: str, days: int) -> None:
    """Print a new API key of a user, this once, for the machine that is named."""
    values = load(ApiKeyCreate, name=name, days=days)
    user = find(email)
    try:
        click.echo(api_keys.create(user, **values)["key"])
    except Invalid:
        raise click.ClickException(f"{user.email} is not active.") from None


def find(email: str) -> User:
    """Return the user with this address. Raises ClickException."""
    try:
        with transaction():  # no lock is held while somebody types
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
    return str(load(password=given)["password"])


def load(schema: type[Schema] = UserCreate, /, **values: Any) -> Any:
    """Read some of the values of a schema. Raises ClickException for bad ones."""
    try:
        return schema(only=tuple(values)).load(values)
    except ValidationError as error:
        faults = error.messages_dict.items()
        lines = (f"{name}: {' '.join(texts)}" for name, texts in faults)
        raise click.ClickException(" ".join(lines)) from None
