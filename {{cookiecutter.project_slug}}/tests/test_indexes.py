"""The first page of a list is read from an index: as many rows as it shows, in its order."""

import re
from enum import Enum
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
{% if cookiecutter.database == "postgresql" %}
from sqlalchemy import event, inspect, text
{% else %}
from sqlalchemy import event, inspect
{% endif %}

from app.core.data.base import Base
from app.core.data.session import db
from app.core.discovery import modules
from app.core.web.pagination import paginate

WHERE = "{{ cookiecutter.database }}_where"

modules("models")
MAPPED = sorted((m.class_ for m in Base.registry.mappers), key=lambda m: m.__name__)
MODELS = [model for model in MAPPED if model.__module__.startswith("app.")]
LISTS = [(model, (key,)) for model in MODELS for key in model.sort_keys]
FILTERS = [(model, key) for model in MODELS for key in model.filter_keys]
{% if cookiecutter.database == "sqlite" %}
FILTERS = [(m, key) for m, key in FILTERS if m.__table__.c[key].foreign_keys]
{% endif %}
LISTS += [(model, (key, model.sort_keys[0])) for model, key in FILTERS]


def any_value(kind: type) -> Any:
    """Return a value of a column."""
    if issubclass(kind, Enum):
        return next(iter(kind))
    return uuid4() if kind is UUID else kind()


@pytest.mark.parametrize(("model", "keys"), LISTS)
@pytest.mark.parametrize("direction", ["", "-"])
def test_list_has_an_index(app: Flask, model: Any, keys: Any, direction: str) -> None:
    *filters, sort = keys
    values = {k: any_value(getattr(model, k).type.python_type) for k in filters}
    index = f"ix_{model.__tablename__}_{'_'.join(keys)}_id"
    with app.app_context():
{% if cookiecutter.database == "postgresql" %}
        make_it_matter(model, index)
{% endif %}
        plan = explain(model, f"{direction}{sort}", values)
        found = inspect(db.session.connection()).get_indexes(model.__tablename__)
    partial = [i["name"] for i in found if WHERE in i.get("dialect_options", {})]
    if hasattr(model, "deleted_at"):
        assert index in partial
    # What is unique has an index of its own; where no row is deleted, it is enough.
    enough = getattr(model, sort).unique and not hasattr(model, "deleted_at")
    assert index in plan or enough
    assert not re.search("sort|temp|filter", plan, re.IGNORECASE), plan


{% if cookiecutter.database == "postgresql" %}
def make_it_matter(model: Any, index: str) -> None:
    """Leave the planner no other way: without rows, all ways are as good."""
    for way in ("seqscan", "bitmapscan", "sort"):
        db.session.execute(text(f"SET LOCAL enable_{way} = off"))
    for other in {each.name for each in model.__table__.indexes} - {index}:
        db.session.execute(text(f"DROP INDEX {other}"))


{% endif %}
def explain(model: Any, sort: str, values: dict[str, Any]) -> str:
    """Return how the database reads a first page."""
    sent = []
    connection = db.session.connection()
    event.listen(connection, "before_cursor_execute", lambda *a: sent.append(a[2:4]))
    paginate(model, limit=50, sort=sort, **values)
    query, parameters = sent[-1]
{% if cookiecutter.database == "postgresql" %}
    rows = connection.exec_driver_sql(f"EXPLAIN {query}", parameters).scalars()
    return "\n".join(rows)
{% else %}
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", parameters)
    return "\n".join(row.detail for row in rows)
{% endif %}
