"""Code generation: what --owned and --public-read change in the generated files."""

from dataclasses import dataclass

from scaffold.access import owner_of, recorded_owner
from scaffold.fields import Field
from scaffold.resource import Resource


@dataclass(frozen=True)
class Access:
    """What the templates print of who may do what."""

    public_read: bool
    owner: Field | None  # of a row; None where superusers write all rows
    owners: dict[str, Field]  # of the rows that it refers to, by column
    example: list[Field]  # what the caller must send for a new row


def make_access(resource: Resource) -> Access:
    """Return who may do what with a resource."""
    public_read = resource.definition.get("options", {}).get("public_read", False)
    owner = owner_of(resource.fields)
    if owner is None:
        return Access(public_read, None, {}, [])
    owners = {
        ref.column: owner if ref.target == resource.names else recorded_owner(ref)
        for ref in resource.refs
    }
    owners = {column: field for column, field in owners.items() if field}
    example = [field for field in resource.plain if field.required]
    return Access(public_read, owner, owners, example)


def extra_templates(resource: Resource) -> dict[str, str]:
    """Return the files that other resources do not have, and their templates."""
    path = f"tests/{resource.names.plural}/public_operations.txt"
    is_public = make_access(resource).public_read
    return {path: "public_operations.txt"} if is_public else {}
