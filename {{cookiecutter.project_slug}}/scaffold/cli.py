"""The commands `./manage.py resource add`, `list` and `remove`."""

import sys
from typing import Any

import click
from flask.cli import with_appcontext
{% if cookiecutter.auth == "jwt" %}

from scaffold import access
{% endif %}

HELP = """Write a new resource: its code, its tests and its migration.

\b
Examples:
  ./manage.py resource add Book title:str:unique price:decimal pages:int?
  ./manage.py resource add Loan book:ref:Book due_on:date state:enum:open,closed
  ./manage.py resource add Person email:email:unique --plural people

\b
A field is name:type[:argument][?][:modifier]...
  types      str text int bigint float decimal bool date datetime uuid email url
             json floats enum:a,b ref:Model         with ? the field is optional
  modifiers  unique index search max=80 min=0 default=...

Lists are filtered by what is unique, an index, a ref, enum, bool or uuid (several values:
any of them), and by ranges of numbers and times; they are sorted by numbers and times that
are not optional, and by texts with an index; `?q=` looks into texts with `search`.

{% if cookiecutter.auth == "jwt" %}
Everybody who is signed in may read the rows, and superusers write them, unless you
choose --owned or --public-read.

{% endif %}
The files are made of scaffold/templates/, which you may change.
"""


@click.group()
def resource() -> None:
    """Add, list and remove resources."""


@resource.command(help=HELP)
@click.argument("model")
@click.argument("fields", nargs=-1)
@click.option("--plural", help="The plural, where it cannot be derived.")
@click.option("--dry-run", is_flag=True, help="Print the files; write nothing.")
@click.option("--no-migration", is_flag=True, help="Write no migration.")
{% if cookiecutter.auth == "jwt" %}
@access.options
{% endif %}
@with_appcontext
def add(dry_run: bool, no_migration: bool, **definition: Any) -> None:
    """Write a new resource."""
    sys.dont_write_bytecode = True  # so that what is taken back leaves nothing
    from scaffold.add import add_resource, plan

    if dry_run:
        for path, text in plan(definition)[1].items():
            click.secho(f"# {path}", bold=True)
            click.echo(text)
        return
    for path in add_resource(definition, migration=not no_migration):
        click.echo(f"{click.style('Wrote', fg='green')} {path}")
    step = 'make migrate m="…"' if no_migration else "./manage.py db upgrade"
    click.echo(f"Next: {step}")


@resource.command()
@click.argument("model")
@with_appcontext
def remove(model: str) -> None:
    """Delete a resource, except the files that were edited since."""
    from scaffold.remove import remove_resource

    for line in remove_resource(model):
        click.echo(line)


@resource.command("list")
@with_appcontext
def list_() -> None:
    """Show the resources, their fields and their endpoints."""
    from scaffold.listing import list_resources

    formatter = click.HelpFormatter()
    for model, lines in list_resources():
        with formatter.section(click.style(model, bold=True)):
            formatter.write_dl(lines)
    click.echo(formatter.getvalue().strip())
