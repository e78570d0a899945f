"""`resource list`: the resources, with their fields and paths."""

from collections.abc import Iterator

from flask import current_app

from app.core.data.base import Base


def list_resources() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the name of each resource, its fields, and the methods of its paths."""
    common = {*Base.__annotations__, "deleted_at"}
    for mapper in sorted(Base.registry.mappers, key=lambda m: m.class_.__name__):
        columns = [c.key for c in mapper.local_table.columns if c.key not in common]
        prefix = mapper.class_.__tablename__.replace("_", "-") + "."
        endpoints = [
            (" ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})), rule.rule)
            for rule in current_app.url_map.iter_rules()
            if rule.endpoint.startswith(prefix) and rule.rule[-1] in "/>"
        ]
        yield mapper.class_.__name__, [("fields", ", ".join(columns)), *endpoints]
