"""Code generation: the lines that stand for a field in the generated files."""

from jinja2 import Environment, StrictUndefined

from scaffold.fields import Field

# Of scaffold/templates/ and of the code in scaffold/field_types.toml.
SYNTAX = {
    "block_start_string": "<%",
    "block_end_string": "%>",
    "variable_start_string": "<<",
    "variable_end_string": ">>",
    "undefined": StrictUndefined,
}
ENVIRONMENT = Environment(**SYNTAX)
ENVIRONMENT.filters["repr"] = repr


def fill(code: str, field: Field) -> str:
    """Return code of field_types.toml for a field."""
    return ENVIRONMENT.from_string(code).render(field=field)


def column(field: Field) -> str:
    """Return its line in the model."""
    arguments = [fill(field.type.column, field)] if field.type.column else []
    if field.unique:
        arguments.append("unique=True")
    elif (field.index and not field.sortable) or field.target:
        arguments.append("index=True")
    if field.optional and field.type.python == "Any":
        arguments.append("nullable=True")
    if field.default is not None:
        arguments.append(f"default={fill(field.type.default, field)}")
    call = f" = mapped_column({', '.join(arguments)})" if arguments else ""
    return f"{field.column}: Mapped[{annotation(field)}]{call}"


def annotation(field: Field) -> str:
    """Return the type of its values in the model."""
    python = fill(field.type.python, field)
    return f"{python} | None" if field.optional and python != "Any" else python


def relationship(field: Field, fields: list[Field]) -> str:
    """Return the line of the relationship of a ref."""
    target = f"{field.refers_to} | None" if field.optional else field.refers_to
    arguments = []
    if sum(other.refers_to == field.refers_to for other in fields) > 1:
        arguments.append(f'foreign_keys="{field.model}.{field.column}"')
    if field.refers_to == field.model:
        arguments.append(f'remote_side="{field.model}.id"')
    return f'{field.name}: Mapped["{target}"] = relationship({", ".join(arguments)})'


def schema(field: Field, role: str) -> str:
    """Return its line in a schema; `role` is create, update or read."""
    arguments = [fill(field.type.argument, field)] if field.type.argument else []
    if role == "read" or (role == "create" and field.required):
        arguments.append("required=True")
    if role == "create" and field.default is not None:
        arguments.append(f"load_default={fill(field.type.default, field)}")
    elif role == "create" and field.optional:
        arguments.append("load_default=None")
    if field.optional:
        arguments.append("allow_none=True")
    if role != "read" and field.max is not None:
        arguments.append(f"validate={validator(field)}")
    return f"{field.column} = {field.type.schema}({', '.join(arguments)})"


def filters(field: Field) -> list[str]:
    """Return its lines in the schema of lists: of several values, and of ranges."""
    arguments = [fill(field.type.argument, field)] if field.type.argument else []
    arguments += [] if field.max is None else [f"validate={validator(field)}"]
    one = f"{field.type.schema}({', '.join(arguments)})"
    several = one if field.type.name == "bool" else f"fields.List({one})"
    lines = [f"{field.column} = {several}"] if field.filterable else []
    for name, attribute in field.ranges.items():
        given = ", ".join([f'attribute="{attribute}"', *arguments])
        lines.append(f"{name} = {field.type.schema}({given})")
    return lines


def validator(field: Field) -> str:
    """Return the validator of the bounds."""
    if field.type.sized:
        shortest = f"min={field.min}, " if field.min else ""
        return f"Length({shortest}max={field.max})"
    powers = {-(2**n): f"-(2**{n})" for n in (31, 63)}
    powers |= {2**n - 1: f"2**{n} - 1" for n in (31, 63)}
    low, high = (powers.get(bound, bound) for bound in (field.min, field.max))
    return f"Range({low}, {high})"


def samples(field: Field) -> list[str]:
    """Return two values that the field takes, in JSON."""
    return [fill(code, field) for code in field.type.samples]


def new(field: Field) -> str:
    """Return a value that no other row has, or any where it need not be."""
    return fill(field.type.new, field) if field.unique else samples(field)[0]


def seed(field: Field) -> str:
    """Return a value of demo data."""
    return fill(field.type.seed, field)


def wrong(field: Field) -> list[str]:
    """Return values that the field refuses."""
    values = [fill(code, field) for code in field.type.wrong]
    return values if field.optional else [*values, "None"]
