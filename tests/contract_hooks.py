"""Schemathesis hooks: half of the valid requests for one row go to one that exists.

Without them every identifier is made up, and the answer is always 404.
"""

import os
import random
from typing import Any

import requests
import schemathesis

URL = os.environ.get("SERVICE_URL", "")
# The collections that fields refer to, also those of tests/resources.txt.
REFERENCES = {
    "user_id": "users",
    "p_id": "users",
    "sender_id": "users",
    "receiver_id": "users",
    "order_id": "orders",
    "parent_id": "categories",
    "product_id": "everythings",
    "other_id": "everythings",
}
CHOICE = random.Random(1)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Put the identifier and the ETag of a row into a valid request."""
    if CHOICE.random() < 0.5 or not case.meta.generation.mode.is_positive:
        return
    for name in case.body if isinstance(case.body, dict) else ():
        if name in REFERENCES and case.body[name]:
            case.body[name] = some_id(f"/api/v1/{REFERENCES[name]}/")
    for name in case.path_parameters:
        collection = case.path.split("{")[0]
        case.path_parameters[name] = some_id(collection)
        if "If-Match" in case.headers:
            row = requests.get(
                URL + collection + case.path_parameters[name], timeout=30
            )
            case.headers["If-Match"] = row.headers.get("ETag", "*")


def some_id(collection: str) -> str:
    """Return the identifier of a row."""
    newest = requests.get(f"{URL}{collection}?sort=-created_at", timeout=30)
    return CHOICE.choice(newest.json()["items"])["id"]
