"""The commands `./manage.py resource add`, `list` and `remove`."""

import sys

import click
from flask.cli import with_appcontext

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
  modifiers  unique index max=80 min=0 default=...

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
@click.option("--owned", is_flag=True, help="Let users see and change their own rows.")
@click.option("--public-read", is_flag=True, help="Let everybody read.")
{% endif %}
@with_appcontext
def add(
    model: str,
    fields: tuple[str, ...],
    plural: str | None,
    dry_run: bool,
    no_migration: bool,
{% if cookiecutter.auth == "jwt" %}
    owned: bool,
    public_read: bool,
{% endif %}
) -> None:
    """Write a new resource."""
    sys.dont_write_bytecode = True  # so that what is taken back leaves nothing
    from scaffold import actions

{% if cookiecutter.auth == "jwt" %}
    if owned and public_read:
        raise click.UsageError("Choose --owned or --public-read.")
    chosen = {"owned": owned, "public_read": public_read}
    options = {name: True for name, given in chosen.items() if given}
    if dry_run:
        for path, text in actions.plan(model, plural, fields, **options)[1].items():
{% else %}
    if dry_run:
        for path, text in actions.plan(model, plural, fields)[1].items():
{% endif %}
            click.secho(f"# {path}", bold=True)
            click.echo(text)
        return
{% if cookiecutter.auth == "jwt" %}
    for path in actions.add(model, plural, fields, not no_migration, **options):
{% else %}
    for path in actions.add(model, plural, fields, not no_migration):
{% endif %}
        click.echo(f"{click.style('Wrote', fg='green')} {path}")
    click.echo(
        'Next: make migrate m="…"' if no_migration else "Next: ./manage.py db upgrade"
    )


@resource.command()
@click.argument("model")
@with_appcontext
def remove(model: str) -> None:
    """Delete a resource, except the files that were edited since."""
    from scaffold import actions

    for line in actions.remove(model):
        click.echo(line)


@resource.command("list")
@with_appcontext
def list_() -> None:
    """Show the resources, their fields and their endpoints."""
    from scaffold import actions

    formatter = click.HelpFormatter()
    for model, lines in actions.rows():
        with formatter.section(click.style(model, bold=True)):
            formatter.write_dl(lines)
    click.echo(formatter.getvalue().strip())
