"""The commands `./manage.py resource`, `field` and `action`."""

import sys
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from app.core.data.base import Base
from app.settings import ROOT
from scaffold import records
from scaffold.atomic_write import Files
from scaffold.remove import remove_resource
from scaffold.resource import make_resource
from scaffold.write import check_free, plan, write

TEXT = Path(__file__).with_name("help.txt").read_text(encoding="utf-8")
HELP = "\n\n".join(f"\b\n{paragraph}" for paragraph in TEXT.split("\n\n"))
no_migration = click.option("--no-migration", is_flag=True, help="Write no migration.")

resource = click.Group("resource", help="Add, change, list and remove resources.")
field = click.Group("field", help="Add fields to a resource, and remove them.")
action = click.Group("action", help="Add what can be done with a row of a resource.")


@resource.command(help=HELP)
@click.argument("model")
@click.argument("fields", nargs=-1)
@click.option("--plural", help="The plural, where it cannot be derived.")
@click.option("--dry-run", is_flag=True, help="Print the files; write nothing.")
@no_migration
{% if cookiecutter.auth == "jwt" %}
@click.option("--owned", is_flag=True, help="Let users see and change their own rows.")
@click.option("--public-read", is_flag=True, help="Let everybody read.")
{% endif %}
@with_appcontext
def add(dry_run: bool, no_migration: bool, **given: Any) -> None:
    """Write a new resource."""
    asked = make_resource(records.define(**given))
    check_free(asked.names)  # what is there is changed by `field add`
    if not dry_run:
        message = f"add {asked.names.model}"
        return report(write([asked.definition], message, not no_migration))
    for path, text in plan(asked).items():
        click.secho(f"# {path}", bold=True)
        click.echo(text)


@resource.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@no_migration
@with_appcontext
def apply(file: Path, no_migration: bool) -> None:
    """Make and extend the resources of a file, in its order; what it leaves out stays."""
    report(write(records.read(file), f"apply {file.stem}", not no_migration))


@resource.command()
@with_appcontext
def export() -> None:
    """Print the resources for `resource apply`: to review them, or to begin elsewhere."""
    click.echo(records.export().rstrip())


@resource.command()
@click.argument("model")
@click.option("--force", is_flag=True, help="Delete files that were edited, too.")
@with_appcontext
def remove(model: str, force: bool) -> None:
    """Delete a resource; refused when its files were edited since."""
    for line in remove_resource(model, force):
        click.echo(line)


@resource.command("list")
@with_appcontext
def list_() -> None:
    """Show the resources, their fields and their endpoints."""
    formatter, common = click.HelpFormatter(), {*Base.__annotations__, "deleted_at"}
    for mapper in sorted(Base.registry.mappers, key=lambda m: m.class_.__name__):
        names = [c.key for c in mapper.local_table.columns if c.key not in common]
        lines = [("fields", ", ".join(names))]
        start = f"/api/v1/{mapper.local_table.name.replace('_', '-')}/"
        for rule in current_app.url_map.iter_rules():
            if rule.rule.startswith(start):
                methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
                lines.append((" ".join(methods), rule.rule))
        with formatter.section(click.style(mapper.class_.__name__, bold=True)):
            formatter.write_dl(lines)
    click.echo(formatter.getvalue().strip())


@field.command("add")
@click.argument("model")
@click.argument("fields", nargs=-1, required=True)
@with_appcontext
def add_fields(model: str, fields: tuple[str, ...]) -> None:
    """Write fields into a resource, as `note:text? rank:int:default=0`.

    What you edited stays. `./manage.py resource add --help` has the types.
    """
    message = f"add {' '.join(map(records.name_of, fields))} to {model}"
    report(write([records.with_fields(model, fields)], message))


@field.command("remove")
@click.argument("model")
@click.argument("names", nargs=-1, required=True)
@with_appcontext
def remove_fields(model: str, names: tuple[str, ...]) -> None:
    """Take fields out of a resource, by their names; what you edited stays."""
    message = f"remove {' '.join(names)} from {model}"
    report(write([records.without_fields(model, names)], message))


@action.command("add")
@click.argument("model")
@click.argument("name")
@with_appcontext
def add_action(model: str, name: str) -> None:
    """Write an action: `action add Loan return` makes POST /loans/{id}/return.

    What it does, you write into its service.
    """
    report(write([records.with_action(model, name)], "", migration=False))


def report(files: Files) -> None:
    """Say what was written, and what is to be done next; exit with 1 if that is code."""
    show(files.changes)
    for path in (*files.made, *files.former):
        if path.is_file():
            click.echo(f"{click.style('Wrote', fg='green')} {path.relative_to(ROOT)}")
    if files.left:
        click.secho("Do this by hand, where your code is another:", fg="red")
        show(files.left)
    click.echo(f"Next: {files.next_step}")
    sys.exit(bool(files.left))


def show(diffs: dict[str, str]) -> None:
    """Print diffs in colours."""
    for path, diff in diffs.items():
        click.secho(path, bold=True)
        for line in diff.splitlines():
            click.secho(line, fg={"+": "green", "-": "red"}.get(line[:1]))
