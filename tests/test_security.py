"""Sign-in on a served project: several processes, restarts, Redis, a terminal."""

import json
import os
import pty
import re
import secrets
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import support, variants
from tests.conftest import MakeProject
from tests.support import ROOT_USER, http

AUTH = "/api/v1/auth"
ROUNDS, CLIENTS = 10, 8

# What nobody should find in a project without sign-in, but for these words.
TRACES = re.compile("token|password|superuser|sign.?in|auth|jwt|argon|limiter|redis")
INNOCENT = re.compile(
    r"token_urlsafe|token_hex|[Aa]uthor|user:password|root:root|ROOT_PASSWORD|"
    r"hide_password|secret\|password|password=None|auth_plugin|\"auth\": \"none\"|authentic|"
    r"The password comes from|password is `%40`|dashboard/sign-in|Without sign-in|"
    r"@ of a password|that of a password|LOGIN PASSWORD"
)
# They speak of the password of the database.
OF_THE_DATABASE = ("app/core/data/dialect.py", "tests/test_settings.py")


def first(auth: str) -> dict[str, Any]:
    """Return the first combination with an answer to `auth`."""
    return next(each for each in variants.COMBINATIONS if each["auth"] == auth)


def post(url: str, path: str, **body: Any) -> requests.Response:
    """Send a request without the token of the superuser."""
    return requests.post(f"{url}{AUTH}/{path}", json=body, timeout=30)


@variants.each([e for e in variants.COMBINATIONS if e["auth"] == "none"])
def test_no_trace_without_auth(answers: dict[str, Any], tmp_path: Path) -> None:
    """Pipelines and images have passwords of their own: of databases, of a registry."""
    bare = {"deploy": "none", "ci": "none"}
    project = variants.prune(variants.render(answers | bare, tmp_path))
    for name, path in variants.files(project).items():
        assert not TRACES.search(name.replace("author", "")), name
        if name in OF_THE_DATABASE:
            continue
        for line in path.read_text().splitlines():
            found = TRACES.search(INNOCENT.sub("", line).lower())
            assert not found, f"{name}: {line}"


def test_no_two_projects_share_a_secret(pristine: MakeProject, tmp_path: Path) -> None:
    projects = [pristine(first("jwt")), pristine(first("none"))]
    secrets = []
    for project in projects:
        text = (project / ".env").read_text()
        secrets.append(re.search("^SECRET_KEY=(.+)$", text, re.MULTILINE)[1])
        for name, path in variants.files(project).items():
            assert name == ".env" or secrets[-1] not in path.read_text(), name
        assert re.search(r"^\.env$", (project / ".gitignore").read_text(), re.MULTILINE)
    assert len({*secrets}) == 2
    assert min(map(len, secrets)) >= 43  # 256 bits


@variants.each_of("database")
def test_of_many_refreshes_one_wins(project: Path) -> None:
    """In several processes, on a real database; each refresh token has two users."""
    with support.serve(
        project,
        WEB_CONCURRENCY="4",
        REFRESH_LIMIT="10000 per minute",
        REFRESH_REPEAT_SECONDS="0",
    ) as url:
        with ThreadPoolExecutor(CLIENTS) as pool:
            for _ in range(ROUNDS):
                issued = post(url, "login", **ROOT_USER).json()

                def use(_: int, token: str = issued["refresh_token"]) -> Any:
                    return post(url, "refresh", refresh_token=token)

                answers = list(pool.map(use, range(CLIENTS)))
                statuses = sorted(answer.status_code for answer in answers)
                assert statuses == [200] + [401] * (CLIENTS - 1)
                (won,) = [a.json() for a in answers if a.ok]
                again = post(url, "refresh", refresh_token=won["refresh_token"])
                assert again.status_code == 401  # the whole family has ended
        log = (project / "server.log").read_text()
    assert "Traceback" not in log, log


@variants.each_of("views")
def test_tokens_outlive_the_process(project: Path) -> None:
    """They are good in each process and the next one, and end in all at once."""

    def me(url: str, token: str) -> set[int]:
        headers = {"Authorization": f"Bearer {token}"}
        path = f"{url}{AUTH}/me"
        return {requests.get(path, headers=headers).status_code for _ in range(12)}

    with support.serve(project, WEB_CONCURRENCY="3") as url:
        issued = post(url, "login", **ROOT_USER).json()
        assert me(url, issued["access_token"]) == {200}
    old = re.search("SECRET_KEY=(.*)", (project / ".env").read_text())[1]
    new = {"SECRET_KEY": secrets.token_urlsafe(32), "SECRET_KEY_FALLBACKS": old}
    with support.serve(project, WEB_CONCURRENCY="3", **new) as url:
        assert me(url, issued["access_token"]) == {200}
        headers = {"Authorization": f"Bearer {issued['access_token']}"}
        out = requests.post(f"{url}{AUTH}/logout", headers=headers, timeout=30)
        assert out.status_code == 204
        assert me(url, issued["access_token"]) == {401}


@variants.each([first("jwt")])
def test_slow_body_holds_no_lock(project: Path) -> None:
    """SQLite lets one write at a time: nobody may keep that turn by sending slowly."""
    with support.serve(project, WEB_CONCURRENCY="3") as url:
        host, port = url.removeprefix("http://").split(":")
        head = "POST /api/v1/orders/ HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n"
        head += "Content-Type: application/json\r\n"
        head += f"Authorization: {http.headers['Authorization']!s}\r\n\r\n{{"
        with socket.create_connection((host, int(port))) as slow:
            slow.sendall(head.encode())
            time.sleep(1)
            body = {"email": "fast@example.com", "name": "Fast"}
            answer = http.post(f"{url}/api/v1/users/", json=body, timeout=15)
            assert answer.status_code == 201


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Return the address of a Redis server and its process."""
    program = support.need("redis-server", "limits are counted in a real Redis")
    port = str(support.free_port())
    options = ("--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", tmp_path)
    server = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    time.sleep(1)
    yield f"redis://127.0.0.1:{port}", server
    server.kill()
    server.wait()


@variants.each([first("jwt")])
def test_limits_of_several_processes(project: Path, redis: Any) -> None:
    """Counted in Redis they are exact; while it is away, each process counts alone."""
    address, server = redis
    limits = {
        "LOGIN_FAILURE_LIMIT": "6 per hour",
        "RATELIMIT_STORAGE_URI": address,
        "WEB_CONCURRENCY": "4",
    }
    with support.serve(project, **limits) as url:

        def wrong(email: str) -> int:
            return post(url, "login", email=email, password="wrong").status_code

        statuses = [wrong("ada@example.com") for _ in range(12)]
        assert statuses == [401] * 6 + [429] * 6
        server.kill()
        server.wait()
        statuses = [wrong("ada@example.com") for _ in range(4)]
        assert set(statuses) <= {401, 429}
        assert post(url, "login", **ROOT_USER).ok


@variants.each([first("jwt")])
def test_password_is_asked_for_on_a_terminal(project: Path) -> None:
    ours, theirs = pty.openpty()
    command = ["./manage.py", "create-superuser", "tty@example.com"]
    process = subprocess.Popen(
        command,
        cwd=project,
        env=support.environment(LOG_LEVEL="ERROR"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    for question in (b"Password: ", b"Repeat for confirmation: "):
        while question not in shown:
            shown += os.read(ours, 1024)
        # Others can write meanwhile, however long somebody thinks.
        support.run("./manage.py", "seed", "--users", "1", "--orders", "0", cwd=project)
        time.sleep(0.2)  # until the echo is off
        os.write(ours, b"a lovely password\n")
    while process.poll() is None:
        try:
            shown += os.read(ours, 1024)
        except OSError:  # the other end is closed
            break
    assert process.wait(30) == 0, shown
    assert b"lovely" not in shown
    assert b"Created the superuser tty@example.com." in shown


@variants.each([first("jwt"), first("none")])
def test_known_vulnerabilities_are_told(project: Path) -> None:
    """Against a stand-in for the database, which no test should depend on."""

    class Database(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            known = json.loads(body)["package"]["name"] in vulnerable
            answer = json.dumps({"vulns": [FLAW]} if known else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Database)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"
    command = ("python3", "scripts/setup.py", "audit", "--vulnerability-service", "osv")
    vulnerable: set[str] = set()
    options = (*command, "--osv-url", url)
    assert "CVE-2999-1" not in support.run(*options, cwd=project)
    vulnerable.add("werkzeug")
    assert "CVE-2999-1" in support.run(*options, cwd=project, code=1)
    server.shutdown()
    server.server_close()


FLAW = {
    "id": "CVE-2999-1",
    "modified": "2026-01-01T00:00:00Z",
    "details": "Everything is lost.",
    "affected": [
        {
            "package": {"name": "werkzeug", "ecosystem": "PyPI"},
            "ranges": [
                {
                    "type": "ECOSYSTEM",
                    "events": [{"introduced": "0"}, {"fixed": "99.0"}],
                }
            ],
        }
    ],
}


@variants.each([first("jwt")])
def test_production_is_closed(project: Path) -> None:
    """No docs page, no token by command, and nothing without a good secret."""
    production = {
        "APP_ENV": "production",
        "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz",
        "DATABASE_URL": f"sqlite:///{project}/instance/app.sqlite3",
    }
    with support.serve(project, **production) as url:
        assert http.get(f"{url}/docs", timeout=30).status_code == 404
        answer = http.get(f"{url}{AUTH}/me", timeout=30)
        assert answer.json()["email"] == ROOT_USER["email"]
        assert not re.search(r"\d", answer.headers["Server"])
        token = ("./manage.py", "token", ROOT_USER["email"])
        assert "In production" in support.run(*token, cwd=project, code=1, **production)
    for secret in (None, "", "short", "change-me-change-me-change-me-change-me"):
        command = (support.python(project), "-c", "from app import wsgi")
        changes = production | {"SECRET_KEY": secret}
        assert "SECRET_KEY" in support.run(*command, cwd=project, code=1, **changes)
