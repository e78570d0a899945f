"""Commands of `./manage.py`, beside those of Flask and Flask-Migrate."""

import re
from datetime import timedelta
from types import ModuleType

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from app.core import repository
from app.core.database import Base, db
from app.core.discovery import modules
from app.core.errors import ServiceError


def configure(app: Flask) -> None:
    """Add the commands to `./manage.py` and `flask`."""
    app.cli.add_command(hello)
    app.cli.add_command(purge)
    app.cli.add_command(seed_command())


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
    for table, count in repository.purge(timedelta(hours=hours)).items():
        click.echo(f"Removed {count} {table}.")


def seed_command() -> click.Command:
    """Make the `seed` command, with an option for each resource that has seeds."""
    tables = Base.metadata.sorted_tables  # referred tables come first
    sources = sorted(modules("seeds"), key=lambda m: tables.index(m.MODEL.__table__))

    @with_appcontext
    def seed(**counts: int) -> None:
        """Add demo data, never in production."""
        if current_app.config["APP_ENV"] == "production":
            raise click.ClickException("Demo data does not belong in production.")
        try:
            for source, count in zip(sources, counts.values(), strict=True):
                add(source, count)
            db.session.commit()
        except ServiceError as error:
            raise click.ClickException(str(error)) from error

    options: list[click.Parameter] = [
        click.Option(
            [f"--{source.MODEL.__tablename__.replace('_', '-')}"],
            type=click.IntRange(0),
            default=10,
            show_default=True,
        )
        for source in sources
    ]
    return click.Command("seed", params=options, callback=seed, help=seed.__doc__)


def add(source: ModuleType, count: int) -> None:
    """Add rows of one resource and show how far it is; the caller commits."""
    label = f"Adding {count} {source.MODEL.__tablename__}"
    with click.progressbar(source.seed(count), length=count, label=label) as rows:
        for number, row in enumerate(rows, start=1):
            db.session.add(row)
            if number % 1000 == 0:
                db.session.flush()
    db.session.flush()
