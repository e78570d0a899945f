"""Sends the requests of tests/requests.json and makes their answers comparable."""

import json
import re
from pathlib import Path
from typing import Any

import requests

from tests.support import http

REQUESTS = json.loads(Path(__file__).with_name("requests.json").read_text())
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"

# What differs from run to run, and what stands for it.
VOLATILE = {
    r"eyJ[\w.-]+": "<token>",
    UUID: "<uuid>",
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00": "<time>",
    r'"request_id": "[0-9a-f]{32}"': '"request_id": "<id>"',
    r'"next_cursor": "[\w-]+"': '"next_cursor": "<cursor>"',
}
HEADERS = ("Allow", "Content-Type")


def answers(url: str) -> list[dict[str, Any]]:
    """Send every request in turn; return what was answered, comparable.

    A request is `[method, path, body, name, if_match]`; what is created under a name can
    be used as `{name.id}` and `{name.etag}` by those that follow. A body with `$raw` is
    sent as it is, as the media type `$type`.
    """
    known: dict[str, str] = {}
    return [exchange(url, known, *request) for request in REQUESTS]


def exchange(
    url: str,
    known: dict[str, str],
    method: str,
    path: str,
    body: Any = None,
    name: str | None = None,
    if_match: str | None = None,
) -> dict[str, Any]:
    """Send one request; return it with its answer."""
    headers = {"If-Match": fill(if_match, known)} if if_match else {}
    content: dict[str, Any] = {}
    if isinstance(body, dict) and "$raw" in body:
        content["data"] = body["$raw"]
        headers |= {"Content-Type": body["$type"]} if "$type" in body else {}
    elif body is not None:
        content["json"] = json.loads(fill(json.dumps(body), known))
    answer = http.request(
        method, url + fill(path, known), headers=headers, timeout=30, **content
    )
    if name:
        known |= {
            f"{name}.id": answer.json()["id"],
            f"{name}.etag": answer.headers["ETag"],
        }
    return {
        "request": f"{method} {path}",
        "status": answer.status_code,
        "headers": {k: comparable(k, answer) for k in HEADERS if k in answer.headers},
        "etag": "ETag" in answer.headers,
        "body": json.loads(steady(json.dumps(answer.json()))) if answer.text else None,
    }


def comparable(name: str, answer: requests.Response) -> str:
    """Return a header; the methods of Allow in order."""
    return ", ".join(sorted(answer.headers[name].split(", ")))


def fill(text: str, known: dict[str, str]) -> str:
    """Replace `{name.id}` by what an earlier answer said."""
    return re.sub(r"\{(\w+\.\w+)\}", lambda match: known[match[1]], text)


def steady(text: str) -> str:
    """Replace what differs from run to run."""
    for pattern, word in VOLATILE.items():
        text = re.sub(pattern, word, text)
    return text
