"""Fields take what their words say, and nothing that only Python reads as that."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from marshmallow import ValidationError

from app.core.web import fields

GOOD = [
    (fields.Boolean(), True, True),
    (fields.Date(), "2026-01-31", date(2026, 1, 31)),
    (fields.DateTime(), "2026-01-31T01:00:00+01:00", datetime(2026, 1, 31, tzinfo=UTC)),
    (fields.Email(), "\uff21da@Example.com", "ada@example.com"),
    (fields.Float(), 1.5, 1.5),
    (fields.Float(), "-1e3", -1000.0),
    (fields.Ids(), [str(UUID(int=1))] * 1000, [UUID(int=1)] * 1000),
    (fields.Integer(), 3.0, 3),
    (fields.Integer(), "-12", -12),
    (fields.Money(), "12.5", Decimal("12.50")),
    (fields.String(), "\u00e9", "\u00e9"),
    (fields.Url(), "https://example.com/?a=1", "https://example.com/?a=1"),
]
BAD = {
    fields.Boolean(): [1, "true", "yes"],
    fields.Date(): [20260131, "20260131", "2026-1-31", "2026-02-30", "2026-W05-6"],
    fields.DateTime(): ["2026-01-31T01:00:00", "0001-01-01T00:00:00+14:00", 1],
    fields.Email(): ["ada", "a b@example.com", "ada@192.0.2.1", f"{65 * 'a'}@b.com"],
    fields.Float(): ["nan", "Infinity", "1_0", " 1", "\u0661"],
    fields.Ids(): [["1"], [1], "1", [str(UUID(int=1))] * 1001],
    fields.Integer(): [1.5, "1.0", "1_0", "\u0661", "x"],
    fields.Money(): [12.5, "1e3", "1.234", "-1", "\u0661", "12345678901"],
    fields.String(): ["nul\0", "half \ud800", 1],
    fields.Url(): ["example.com", "ftp://example.com", "https://ex\u00e4mple.com"],
}


@pytest.mark.parametrize(("field", "given", "value"), GOOD)
def test_good_values(field: Any, given: Any, value: Any) -> None:
    assert field.deserialize(given) == value


@pytest.mark.parametrize("field", BAD, ids=lambda field: type(field).__name__)
def test_bad_values(field: Any) -> None:
    for given in BAD[field]:
        with pytest.raises(ValidationError):
            field.deserialize(given)


def test_json_is_null_only_where_the_document_says_so() -> None:
    assert "null" not in fields.Json().metadata["type"]
    assert "type" not in fields.Json(allow_none=True).metadata
