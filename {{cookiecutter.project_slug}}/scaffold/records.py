"""Manifests: what was asked for and written, scaffold/resources/*.json."""

import hashlib
import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "resources"


def read_all() -> dict[str, dict[str, Any]]:
    """Return the record of each model."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.json"))]
    return {record["model"]: record for record in map(json.loads, texts)}


def dump(record: dict[str, Any]) -> str:
    """Return a record as the text of its file."""
    return json.dumps(record, indent=2) + "\n"


def digest(text: str) -> str:
    """Return the checksum by which a record tells whether a file was edited."""
    return hashlib.sha256(text.encode()).hexdigest()
