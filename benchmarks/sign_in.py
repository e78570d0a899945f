"""Measures sign-in: what an attacker could learn from time, and what a token costs.

One worker of the generated service is asked in turn for an unknown address, a wrong and a
right password, and for who asks; medians, in milliseconds.
"""

import argparse
import json
import subprocess
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any

from common import (
    BIN,
    HOST,
    environment,
    exit_when_terminated,
    free_port,
    generate,
    server,
)

KNOWN, PASSWORD = "ada@example.com", "a lovely password"
KINDS = {
    "unknown address": {"email": "nobody@example.com", "password": PASSWORD},
    "wrong password": {"email": KNOWN, "password": "another password"},
    "right password": {"email": KNOWN, "password": PASSWORD},
}
ME = "GET /auth/me with a token"
LIMITS = ("LOGIN_LIMIT", "LOGIN_FAILURE_LIMIT", "LOGIN_ACCOUNT_LIMIT")


def main() -> None:
    """Print the medians, and unknown address : wrong password."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50, help="default 50")
    rounds = parser.parse_args().rounds
    exit_when_terminated()
    with tempfile.TemporaryDirectory() as directory:
        env, port = environment(), free_port()
        project, _ = generate(BIN / "cookiecutter", Path(directory), env)
        create = (project / ".venv/bin/python", "manage.py", "create-superuser", KNOWN)
        subprocess.run(
            create, cwd=project, env=env, input=PASSWORD, text=True, check=True
        )
        env |= {"PORT": str(port), "WEB_CONCURRENCY": "1"}
        env |= dict.fromkeys(LIMITS, "100000 per minute")
        gunicorn: list[str | Path] = [project / ".venv/bin/gunicorn", "app.wsgi:app"]
        with server(gunicorn, project, env, port, "/health/ready"):
            report([measure(port) for _ in range(rounds + 1)][1:])


def measure(port: int) -> dict[str, float]:
    """Return the milliseconds of one request of each kind."""
    times = {}
    for kind, body in KINDS.items():
        times[kind], answer = send(port, "POST", "login", json.dumps(body))
    times[ME], _ = send(port, "GET", "me", token=answer["access_token"])
    return times


def send(
    port: int, method: str, path: str, body: str | None = None, token: str = ""
) -> tuple[float, dict[str, Any]]:
    """Return the milliseconds until an answer, and the answer."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    connection = HTTPConnection(HOST, port)
    started = time.perf_counter()
    connection.request(method, f"/api/v1/auth/{path}", body, headers)
    content = connection.getresponse().read()
    took = (time.perf_counter() - started) * 1000
    connection.close()
    return took, json.loads(content)


def report(rounds: list[dict[str, float]]) -> None:
    """Print the medians and the ratio."""
    medians = {kind: median(times[kind] for times in rounds) for kind in rounds[0]}
    for kind, value in medians.items():
        print(f"{kind:<28}{value:8.1f} ms")
    ratios = [times["unknown address"] / times["wrong password"] for times in rounds]
    print(f"unknown address : wrong password = {median(ratios):.2f} : 1")


if __name__ == "__main__":
    main()
