"""Mail of a served project, taken by a real SMTP server on the loopback interface."""

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from tests import support, variants
from tests.support import ROOT_USER
from tests.test_security import first, post

NEW = "another one for these tests"


class MailServer:
    """Keeps the mails that come, and is slow: no answer may wait for it."""

    seconds = 2.0

    def __init__(self) -> None:
        self.mails: list[Envelope] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        """Take a mail."""
        self.mails.append(envelope)
        return "250 OK"

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, lines: list[str]
    ) -> list[str]:
        """Answer a greeting, late."""
        session.host_name = hostname
        await asyncio.sleep(self.seconds)
        return lines

    def wait(self, number: int) -> Envelope:
        """Return the last mail when so many have come."""
        for _ in range(300):
            if len(self.mails) >= number:
                break
            time.sleep(0.1)
        assert len(self.mails) == number
        return self.mails[-1]


@pytest.fixture
def mail_server() -> Iterator[tuple[str, MailServer]]:
    """Return the SMTP_URL of a mail server, and the server."""
    handler = MailServer()
    controller = Controller(handler, hostname="127.0.0.1", port=support.free_port())
    controller.start()
    yield f"smtp://127.0.0.1:{controller.port}", handler
    controller.stop()


@variants.each([first("jwt")])
def test_password_reset(project: Path, mail_server: Any) -> None:
    """In several processes, in production: asked for, mailed, used once."""
    smtp_url, server = mail_server
    settings = {
        "APP_ENV": "production",
        "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz",
        "DATABASE_URL": f"sqlite:///{project}/instance/app.sqlite3",
        "WEB_CONCURRENCY": "3",
        "SMTP_URL": smtp_url,
        "MAIL_FROM": "noreply@example.com",
        "FRONTEND_URL": "https://www.example.com",
        "MAIL_LIMIT": "1000 per minute",
    }
    email = ROOT_USER["email"]
    with support.serve(project, **settings) as url:
        for address in (email, "nobody@example.com", email, email):
            answer = post(url, "forgotten-password", email=address)
            assert answer.status_code == 202
            assert answer.elapsed.total_seconds() < server.seconds / 2
        envelope = server.wait(1)
        assert envelope.mail_from == "noreply@example.com"
        assert envelope.rcpt_tos == [email]
        text = envelope.content.decode().replace("\r\n", "\n")
        link = r"^https://www\.example\.com/new-password\?token=([\w-]{43})$"
        token = re.search(link, text, re.MULTILINE)[1]
        statuses = [
            post(url, "new-password", token=token, new_password=NEW).status_code
            for _ in range(2)
        ]
        assert statuses == [204, 422]
        assert post(url, "login", **ROOT_USER).status_code == 401
        assert post(url, "login", email=email, password=NEW).ok
        # A mail that is waiting when the service stops is sent nevertheless.
        assert post(url, "forgotten-password", email=email).status_code == 202
        log = (project / "server.log").read_text()
    assert server.wait(2).rcpt_tos == [email]
    assert "Traceback" not in log
    assert email not in log
    assert token not in log


@variants.each([first("jwt")])
def test_mail_server_that_is_away(project: Path) -> None:
    """The answer is the same; the log says it, in one line."""
    smtp_url = f"smtp://127.0.0.1:{support.free_port()}"
    with support.serve(project, SMTP_URL=smtp_url) as url:
        answer = post(url, "forgotten-password", email=ROOT_USER["email"])
        assert answer.status_code == 202
        time.sleep(2)
        log = (project / "server.log").read_text()
    assert re.search(r"Mail for user [\w-]{36} not sent: ConnectionRefusedError\.", log)
    assert "Traceback" not in log
