"""Schemathesis hooks: half of the valid requests for one row go to one that exists.

Without them every identifier is made up, and the answer is always 404.
"""

import os
import random
from typing import Any

import requests
import schemathesis

URL = os.environ.get("SERVICE_URL", "")
TOKEN = os.environ.get("SERVICE_TOKEN", "")
HEADERS = {"Authorization": TOKEN} if TOKEN else {}
ROOT_ID = os.environ.get("ROOT_ID", "")
LEAVER = {"email": "leaver@example.com", "password": "a lovely password"}
NOBODY = "01890000-0000-7000-8000-000000000000"
NEEDED = {"root@example.com", LEAVER["email"]}
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


if TOKEN:

    @schemathesis.auth(refresh_interval=None)
    class SignedIn:
        """Sends a token; to sign out ends it, so that gets one of its own."""

        def get(self, case: Any, context: Any) -> str:
            """Return the header for a request."""
            if not case.path.endswith("/logout"):
                return TOKEN
            issued = requests.post(f"{URL}/api/v1/auth/login", json=LEAVER, timeout=30)
            return f"Bearer {issued.json()['access_token']}"

        def set(self, case: Any, data: str, context: Any) -> None:
            """Add it."""
            case.headers["Authorization"] = data


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Put the identifier and the ETag of a row into a valid request."""
    if case.path_parameters.get("user_id") == ROOT_ID:
        case.path_parameters["user_id"] = NOBODY
    if "sign_in_id" in case.path_parameters:  # to end that of this token ends the run
        case.path_parameters["sign_in_id"] = NOBODY
        return
    if CHOICE.random() < 0.5 or not case.meta.generation.mode.is_positive:
        return
    for name in case.body if isinstance(case.body, dict) else ():
        if name in REFERENCES and case.body[name]:
            case.body[name] = some_id(f"/api/v1/{REFERENCES[name]}/")
    for name in case.path_parameters:
        collection = case.path.split("{")[0]
        if name == "user_id":  # also of /auth/users/{user_id}/sign-ins
            collection = "/api/v1/users/"
        case.path_parameters[name] = some_id(collection)
        if "If-Match" in case.headers:
            one = URL + collection + case.path_parameters[name]
            row = requests.get(one, headers=HEADERS, timeout=30)
            case.headers["If-Match"] = row.headers.get("ETag", "*")


def some_id(collection: str) -> str:
    """Return the identifier of a row that nobody here depends on."""
    newest = f"{URL}{collection}?sort=-created_at"
    rows = requests.get(newest, headers=HEADERS, timeout=30).json()["items"]
    ids = [row["id"] for row in rows if row.get("email") not in NEEDED]
    return CHOICE.choice(ids or [NOBODY])
