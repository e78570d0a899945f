"""The lines of code that stand for a field in each of the generated files."""

import json
from datetime import date, datetime
from decimal import Decimal

from scaffold.fields import BIGINT, INT, Field
from scaffold.names import Names


def annotation(field: Field, names: Names) -> str:
    """Return the type of its values in the model."""
    python = f"{names.model}{field.enum}" if field.members else field.kind.python
    return f"{python} | None" if field.optional and python != "Any" else python


def column(field: Field, names: Names, table: str = "") -> str:
    """Return its line in the model; `table` is the one that a ref refers to."""
    kind = field.kind.column.replace("MAX", str(field.max))
    arguments = [f'ForeignKey("{table}.id")'] if field.target else [kind] * bool(kind)
    if field.unique:
        arguments.append("unique=True")
    elif (field.index and not field.sortable) or field.target:
        arguments.append("index=True")
    if field.optional and field.kind.python == "Any":
        arguments.append("nullable=True")
    if field.default is not None:
        arguments.append(f"default={default(field, names)}")
    call = f" = mapped_column({', '.join(arguments)})" if arguments else ""
    return f"{field.column}: Mapped[{annotation(field, names)}]{call}"


def relation(field: Field, names: Names, fields: list[Field]) -> str:
    """Return the line of the relationship of a ref."""
    kind = f"{field.target} | None" if field.optional else field.target
    arguments = []
    if sum(other.target == field.target for other in fields) > 1:
        arguments.append(f'foreign_keys="{names.model}.{field.column}"')
    if field.target == names.model:
        arguments.append(f'remote_side="{names.model}.id"')
    return f'{field.name}: Mapped["{kind}"] = relationship({", ".join(arguments)})'


def default(field: Field, names: Names) -> str:
    """Return the code of the default."""
    value = field.default
    if field.members:
        return f"{names.model}{field.enum}.{member(value)}"
    if isinstance(value, Decimal):
        return f'Decimal("{value:.2f}")'
    if isinstance(value, datetime):
        return f'datetime.fromisoformat("{value.isoformat()}")'
    if isinstance(value, date):
        return f"date({value.year}, {value.month}, {value.day})"
    return json.dumps(value) if isinstance(value, str) else repr(value)


def member(value: str) -> str:
    """Return the name of a member of an enumeration."""
    return value.upper().replace("-", "_")


def schema(field: Field, names: Names, role: str) -> str:
    """Return its line in a schema; `role` is create, update, read or query."""
    arguments = [f"{names.model}{field.enum}"] if field.members else []
    spared = field.optional or has(field)
{% if cookiecutter.auth == "jwt" %}
    spared |= field.owner  # then it is the caller
{% endif %}
    if role == "read" or (role == "create" and not spared):
        arguments.append("required=True")
    if role == "create" and (field.optional or has(field)):
        value = default(field, names) if has(field) else "None"
        arguments.append(f"load_default={value}")
    if field.optional and role != "query":
        arguments.append("allow_none=True")
    if role != "read" and (rule := validator(field)):
        arguments.append(f"validate={rule}")
    return f"{field.column} = fields.{field.kind.schema}({', '.join(arguments)})"


def has(field: Field) -> bool:
    """Tell whether a field has a default."""
    return field.default is not None


def validator(field: Field) -> str:
    """Return the validator of the bounds, empty without any."""
    low, high = field.min, field.max
    if high is None:
        return ""
    if field.kind.sized:
        shortest = f"min={low}, " if low else ""
        return f"Length({shortest}max={high})"
    bounds = {-INT: "-(2**31)", INT - 1: "2**31 - 1"}
    bounds |= {-BIGINT: "-(2**63)", BIGINT - 1: "2**63 - 1"}
    return f"Range({bounds.get(low, low)}, {bounds.get(high, high)})"


def samples(field: Field) -> tuple[str, str]:
    """Return two values that the field takes, in JSON, as code."""
    if field.members:
        return f'"{field.members[0]}"', f'"{field.members[-1]}"'
    first, second = field.kind.samples
    low, high = field.min, field.max
    if high is None:
        return first, second
    if field.type == "floats":
        size = max(low or 0, min(2, high))
        return f"[0.5] * {size}", f"[1.5] * {size}"
    if field.kind.sized:
        if field.type in {"email", "url"}:
            return first, second
        size = max(low or 0, min(4, high))
        return f'"{"a" * size}"', f'"{"b" * size}"'
    one = min(max(low or 0, 1), high)
    return str(one), str(
        one + 1 if one < high else one - 1 if one > (low or 0) else one
    )


def new(field: Field) -> str:
    """Return code for a value that no other row has, or any where it need not be."""
    if not field.unique:
        return samples(field)[0]
    if field.type == "str" and (field.min or 0) <= 1:
        return "str(next(numbers))"
    code = field.kind.unique.replace("MIN", str(field.min or 0))
    bounded = field.kind.max is not None and not field.kind.sized
    return f"{code} + {field.min}" if bounded and (field.min or 0) > 0 else code


# Values of demo data that no two rows have.
UNIQUE_SEEDS = {
    "int": "uuid4().int % 2**31",
    "bigint": "uuid4().int % 2**63",
    "decimal": "Decimal(uuid4().int % 10**12) / 100",
    "date": "date.fromordinal(1 + uuid4().int % 3_000_000)",
    "datetime": "utc_now() - timedelta(microseconds=uuid4().int % 10**15)",
}


def seed(field: Field, names: Names) -> str:
    """Return code for a value of demo data."""
    enum = f"{names.model}{field.enum}"
    if field.unique and field.type in UNIQUE_SEEDS:
        return UNIQUE_SEEDS[field.type]
    if field.type in {"int", "bigint"} and not field.unique:
        low = max(field.min or 0, 0) if (field.max or 0) >= 0 else field.min
        return f"randint({low}, {min(field.max or 0, 10**6)})"
    if field.type == "floats":
        return (
            f"[random() for _ in range({max(field.min or 0, min(2, field.max or 2))})]"
        )
    if field.type in {"str", "text"} and (field.min or 0) > 32:
        return f'uuid4().hex.ljust({field.min}, "x")'
    size = str(min(field.max or 12, 12))
    return field.kind.seed.replace("MAX", size).replace("ENUM", enum)


def wrong(field: Field) -> list[str]:
    """Return values that the field refuses, as code."""
    found = list(field.kind.wrong)
    if field.kind.sized and field.type in {"str", "text"}:
        found.append(f'"x" * {(field.max or 0) + 1}')
    elif field.max is not None and not field.kind.sized:
        found += [f"{(field.min or 0) - 1}", f"{field.max + 1}"]
    return found if field.optional else [*found, "None"]
