"""The API under fire: schemathesis, and many processes at once."""

import base64
import json
import shutil
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import support, variants
from tests.conftest import MakeProject
from tests.contract_hooks import LEAVER
from tests.support import http
from tests.test_scaffold import add_resources
from tests.variants import ROOT

ROUNDS, WRITERS = 10, 8
LIMITS = ("LOGIN_LIMIT", "LOGIN_FAILURE_LIMIT", "LOGIN_ACCOUNT_LIMIT", "REFRESH_LIMIT")
LIMITS += ("MAIL_LIMIT",)
UNLIMITED = dict.fromkeys(LIMITS, "100000 per minute")


@contextmanager
def serve(project: Path) -> Iterator[str]:
    """Serve a project with demo data and several processes."""
    support.run("./manage.py", "seed", "--users", "30", "--orders", "60", cwd=project)
    with support.serve(project, WEB_CONCURRENCY="4", **UNLIMITED) as url:
        yield url
        log = (project / "server.log").read_text()
    assert "Traceback" not in log, log


@pytest.fixture(scope="module")
def served(
    pristine: MakeProject, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[dict[str, Any]], str]]:
    """Return a function that serves a variant, once for the tests of this file."""
    urls: dict[str, str] = {}
    with ExitStack() as stack:

        def once(answers: dict[str, Any]) -> str:
            label = variants.label(answers)
            if label not in urls:
                folder = tmp_path_factory.mktemp(label) / "order-service"
                project = support.copy(pristine(answers), folder)
                urls[label] = stack.enter_context(serve(project))
            return urls[label]

        yield once


@pytest.fixture
def url(answers: dict[str, Any], served: Callable[[dict[str, Any]], str]) -> str:
    """Return the address of a served variant, at which `http` is signed in."""
    url = served(answers)
    support.sign_in(url)
    return url


# All have one of two documents: each database, both documents, layouts and styles.
@variants.each_choice()
def test_schemathesis_finds_nothing(project: Path, tmp_path: Path) -> None:
    support.hash_cheaply(project)
    with serve(project) as url:
        attack(url, tmp_path, examples=15)


# The strictest of the three with texts, times and numbers.
@variants.each([a for a in variants.COMBINATIONS if a["database"] == "mysql"][:1])
def test_schemathesis_finds_nothing_in_added_resources(
    project: Path, tmp_path: Path
) -> None:
    add_resources(project)
    support.hash_cheaply(project)
    support.run("./manage.py", "seed", cwd=project)
    with support.serve(project, WEB_CONCURRENCY="4", **UNLIMITED) as url:
        attack(url, tmp_path, examples=8)


def attack(url: str, folder: Path, examples: int) -> None:
    """All checks: no 5xx, nothing undocumented, every answer as its schema says."""
    work = folder / "schemathesis"  # it caches what failed where it runs
    shutil.copytree(ROOT / "tests", work / "tests")
    options = (
        "--checks",
        "all",
        "--max-examples",
        str(examples),
        "--generation-database",
        "none",
    )
    token = str(http.headers.get("Authorization", ""))
    leaver = {**LEAVER, "name": "Leaver"}
    http.post(f"{url}/api/v1/auth/register", json=leaver, timeout=30)
    support.run(
        *("schemathesis", "--config-file", "tests/schemathesis.toml"),
        *("run", f"{url}/openapi.json", *options),
        cwd=work,
        SERVICE_URL=url,
        SERVICE_TOKEN=token,
        ROOT_ID=http.get(f"{url}/api/v1/auth/me", timeout=30).json().get("id", ""),
    )


@variants.each_of("database")
def test_large_bodies_are_refused(url: str) -> None:
    """Also in pieces, without a length: valid JSON up to the limit, then more."""
    body = b'{"email": "large@example.com", "name": "Large"}' + b" " * 2**20
    pieces = (body[start : start + 2**16] for start in range(0, len(body), 2**16))
    for data in (body, pieces):
        answer = http.post(
            f"{url}/api/v1/users/",
            data=data,
            headers={"Content-Type": "application/json"},
            timeout=30,
        )
        assert answer.status_code == 413
        assert answer.headers["Content-Type"] == "application/problem+json"


@variants.each_of("database")
def test_thirty_megabytes_are_refused(url: str) -> None:
    headers = {"Content-Type": "application/json"}
    body = b" " * 30 * 2**20
    answer = http.post(f"{url}/api/v1/users/", data=body, headers=headers)
    assert answer.status_code == 413


SENT = b"Authorization: %s\r\n"
CHUNKS = b"POST /api/v1/users/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"


BROKEN = {
    b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n": 414,
    b"GET / HTTP/1.1\r\nHost: x\r\nBad Header: x\r\n\r\n": 400,
    b"nonsense\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 9000 + b"\r\n\r\n": 431,
    CHUNKS + b"Content-Type: application/json\r\n\r\nzz\r\n": 400,
    CHUNKS + b"Content-Type: application/json\r\n\r\n3\r\n{}": 400,
}


@variants.each_of("views")
def test_broken_http_is_a_problem_too(url: str) -> None:
    host, port = url.removeprefix("http://").split(":")
    token = str(http.headers.get("Authorization", "")).encode()
    for request, status in BROKEN.items():
        request = request.replace(b"Host: x\r\n", b"Host: x\r\n" + SENT % token)
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: connection.recv(4096), b"")).decode()
        assert answer.startswith(f"HTTP/1.1 {status} ")
        assert "Content-Type: application/problem+json" in answer
        problem = json.loads(answer.split("\r\n\r\n")[1])
        assert {"type", "title", "status", "detail", "request_id"} <= problem.keys()


@variants.each_of("database")
def test_forged_cursors_are_refused(url: str) -> None:
    for total in ("1e999999", "-1", "NaN", "1" * 40, 1, None, []):
        position = ["orders", "total", total, "01890000-0000-7000-8000-000000000000"]
        text = json.dumps(position, separators=(",", ":")).encode()
        cursor = base64.urlsafe_b64encode(text).decode().rstrip("=")
        query = {"sort": "total", "cursor": cursor}
        answer = http.get(f"{url}/api/v1/orders/", params=query, timeout=30)
        assert answer.status_code == 422, total


@variants.each_of("database")
def test_of_many_writers_one_wins(url: str) -> None:
    users = f"{url}/api/v1/users/"
    with ThreadPoolExecutor(WRITERS) as pool:
        for number in range(ROUNDS):
            body = {"email": f"race{number}@example.com", "name": "Race"}
            created = http.post(users, json=body, timeout=30)
            one = f"{users}{created.json()['id']}"
            headers = {"If-Match": created.headers["ETag"]}

            def write(name: str, one: str = one, headers: Any = headers) -> int:
                body = {"json": {"name": name}, "headers": headers, "timeout": 30}
                return http.patch(one, **body).status_code

            statuses = sorted(pool.map(write, "ABCDEFGH"))
            assert statuses == [200] + [412] * (WRITERS - 1)


@variants.each_of("database")
def test_of_many_equal_rows_one_is_made(url: str) -> None:
    def create(email: str) -> int:
        body = {"email": email, "name": "Same"}
        return http.post(f"{url}/api/v1/users/", json=body, timeout=30).status_code

    with ThreadPoolExecutor(WRITERS) as pool:
        for number in range(ROUNDS):
            emails = [f"same{number}@example.com"] * WRITERS
            assert sorted(pool.map(create, emails)) == [201] + [409] * (WRITERS - 1)


@variants.each_of("database")
def test_no_order_of_a_deleted_user(url: str) -> None:
    """A user is deleted while orders for it arrive: either the one or the others."""
    users, orders = f"{url}/api/v1/users/", f"{url}/api/v1/orders/"
    for number in range(ROUNDS):
        body = {"email": f"leaver{number}@example.com", "name": "Leaver"}
        user = http.post(users, json=body, timeout=30)
        user_id, etag = user.json()["id"], user.headers["ETag"]

        def order(name: str, number: int = number, user_id: str = user_id) -> int:
            body = {"number": f"{number}{name}", "total": "1.00", "user_id": user_id}
            return http.post(orders, json=body, timeout=30).status_code

        with ThreadPoolExecutor(WRITERS) as pool:
            made = [pool.submit(order, name) for name in "ABCD"]
            gone = http.delete(
                f"{users}{user_id}", headers={"If-Match": etag}, timeout=30
            ).status_code
            statuses = {answer.result() for answer in made}
        assert statuses <= {201, 422}
        assert (gone == 204) == (201 not in statuses)


@variants.each_of("database")
def test_pages_are_complete_under_load(url: str) -> None:
    """Rows come and go in other processes; those that stay are all found, once."""
    users = f"{url}/api/v1/users/"
    before = {user["id"] for user in http.get(users, timeout=30).json()["items"]}
    with ThreadPoolExecutor(2) as pool:
        noise = [pool.submit(come_and_go, users, number) for number in range(20)]
        found, cursor = [], ""
        while cursor is not None:
            query = {"limit": 3} | ({"cursor": cursor} if cursor else {})
            page = http.get(users, params=query, timeout=30).json()
            found += [user["id"] for user in page["items"]]
            cursor = page["next_cursor"]
        assert all(answer.result() == 204 for answer in noise)
    assert len(found) == len(set(found))
    assert before <= set(found)


def come_and_go(users: str, number: int) -> int:
    """Create a user and delete it again; return the last status."""
    body = {"email": f"guest{number}@example.com", "name": "Guest"}
    made = http.post(users, json=body, timeout=30)
    headers = {"If-Match": made.headers["ETag"]}
    one = f"{users}{made.json()['id']}"
    return http.delete(one, headers=headers, timeout=30).status_code
