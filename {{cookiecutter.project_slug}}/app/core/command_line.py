"""Commands of `./manage.py`, beside those of Flask and Flask-Migrate."""

import os
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
{% if cookiecutter.dashboard == "dash" %}
from datetime import datetime, timedelta
from random import random
{% else %}
from datetime import timedelta
{% endif %}
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import DBAPIError

from app.core.data import dialect, soft_delete
{% if cookiecutter.dashboard == "dash" %}
from app.core.data.base import Base, utc_now
{% else %}
from app.core.data.base import Base
{% endif %}
from app.core.data.session import db
from app.core.discovery import instances, modules
{% if cookiecutter.auth == "jwt" %}
from app.core.identity import sign_ins
from app.core.identity.models import ApiKey, MailToken, SignIn
{% endif %}
from app.settings import EXAMPLE_URL


def configure(app: Flask) -> None:
    """Add the commands, and those of resources, to `./manage.py` and `flask`."""
    of_resources = instances("commands", click.Command)
    for command in (hello, purge, make_seed_command(), *of_resources):
        app.cli.add_command(command)
    app.shell_context_processor(shell_names)


def shell_names() -> dict[str, Any]:
    """Return what `./manage.py shell` has at hand: `db`, and each model by its name."""
    models = {mapper.class_.__name__: mapper.class_ for mapper in Base.registry.mappers}
    return {"db": db, **models}


@contextmanager
def readable_errors() -> Iterator[None]:
    """End the process with one line when the database cannot be used."""
    try:
        yield
    except DBAPIError as error:
        reason = " ".join(str(getattr(error.orig, "args", [error])[-1]).split())
        known = [dialect.CURES[p] for p in dialect.CURES if re.search(p, reason)]
        connecting = error.statement is None
        if not (known or connecting or dialect.is_unavailable(error)):
            raise  # a fault of ours
        cure = known[0] if known else f"It should look like {EXAMPLE_URL}"
        sys.exit(f"The database of DATABASE_URL cannot be used: {reason} | {cure}")


def read_port(run: click.Command) -> None:
    """Let `./manage.py run` read PORT, and say so when that port is in use."""
    for option in run.params:
        if option.name == "port":
            option.envvar, option.callback = "PORT", check_port


def check_port(context: click.Context, _option: click.Parameter, port: int) -> int:
    """Refuse a port on which another program listens."""
    if "WERKZEUG_SERVER_FD" not in os.environ:  # else the reloader listens on it for us
        try:
            socket.create_server((context.params.get("host", ""), port)).close()
        except OSError as error:
            text = f"Cannot listen on port {port}: {os.strerror(error.errno or 0)}. "
            text += "Choose another one with PORT."
            raise click.ClickException(text) from None
    return port


@click.command()
@click.argument("name", default="world")
@with_appcontext
def hello(name: str) -> None:
    """Say hello: a small command to copy when you write your own."""
    click.echo(f"Hello, {name}! This is {current_app.config['API_TITLE']}.")


@click.command()
@click.option("--older-than", metavar="30d", required=True, help="Days or hours: 12h.")
@with_appcontext
def purge(older_than: str) -> None:
    """Remove for good what was deleted longer ago than a time."""
    match = re.fullmatch("([0-9]{1,5})([dh])", older_than)
    if not match:
        raise click.BadParameter("Write days or hours like this: 30d or 12h.")
    hours = int(match[1]) * (24 if match[2] == "d" else 1)
    for table, (removed, kept) in soft_delete.purge(timedelta(hours=hours)).items():
        click.echo(f"Removed {removed} {table}.")
        for other, count in kept.items():
            click.echo(f"Kept {count} {table}: {other} refer to them.")
{% if cookiecutter.auth == "jwt" %}
    for model in (SignIn, ApiKey, MailToken):
        click.echo(f"Removed {sign_ins.purge(model)} expired {model.__tablename__}.")
{% endif %}


def make_seed_command() -> click.Command:
    """Make the `seed` command, with an option for each resource that has seeds."""
    seeds = {module.MODEL.__tablename__: module.seed for module in modules("seeds")}
    # Rows that others refer to come first, in whatever order the options are given.
    names = [table.name for table in Base.metadata.sorted_tables if table.name in seeds]

    @click.command()
    @with_appcontext
    def seed(**counts: int) -> None:
        """Add demo data, never in production."""
        if current_app.config["APP_ENV"] == "production":
            raise click.ClickException("Demo data does not belong in production.")
        for name in names:
            add(seeds[name](counts[name]), counts[name], name)
        db.session.commit()

    for name in names:
        option = f"--{name.replace('_', '-')}"
        number = click.IntRange(0)
        click.option(option, type=number, default=10, show_default=True)(seed)
    return seed


def add(rows: Iterator[Base], count: int, name: str) -> None:
    """Add rows and show how far it is; the caller commits."""
    with click.progressbar(rows, length=count, label=f"Adding {count} {name}") as shown:
        for number, row in enumerate(shown, start=1):
{% if cookiecutter.dashboard == "dash" %}
            row.created_at = of_late()
{% endif %}
            db.session.add(row)
            if number % 1000 == 0:
                db.session.flush()
{% if cookiecutter.dashboard == "dash" %}


def of_late() -> datetime:
    """Return a moment of the last 60 days: charts of demo data have something to show."""
    return utc_now() - timedelta(days=60) * random()
{% endif %}
