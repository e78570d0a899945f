"""Mail: plain text by SMTP, sent in the background so that no answer waits for it."""

import os
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from functools import cache
from pathlib import Path
from smtplib import SMTP, SMTP_SSL, SMTPNotSupportedError
from threading import BoundedSemaphore
from typing import Any
from uuid import uuid4

from flask import Flask, current_app
from flask.globals import app_ctx
from sqlalchemy.engine import make_url

from app.core.data.base import utc_now
from app.core.identity.models import Account

MOST = 1000  # mails that wait in a process
QUEUE = BoundedSemaphore(MOST)
SECONDS = 10  # that a mail server may take for each of its answers
WHOLE_LINES = policy.default.clone(max_line_length=998)  # a link is not broken in two


def later(job: Callable[..., None], *arguments: Any, **options: Any) -> None:
    """Run a job in the background, with an application context of its own.

    A queue that is full, since the mail server is slow or away, loses the mail.
    """
    if not QUEUE.acquire(blocking=False):
        current_app.logger.error("A mail was lost: %d wait already.", MOST)
        return
    worker(os.getpid()).submit(run, app_ctx.app, job, *arguments, **options)


@cache
def worker(process: int) -> ThreadPoolExecutor:
    """Return the one thread for mail of a process; no thread outlives a fork."""
    return ThreadPoolExecutor(1, f"mail-{process}")


def run(app: Flask, job: Callable[..., None], *arguments: Any, **options: Any) -> None:
    """Run a job; nobody waits for its result, so the log says what failed."""
    with app.app_context():
        try:
            job(*arguments, **options)
        except Exception:
            app.logger.exception("A mail could not be made.")
        finally:
            QUEUE.release()


def send(user: Account, subject: str, text: str) -> None:
    """Send a mail. Without SMTP_URL it is kept as a file, and in production lost."""
    config, logger = current_app.config, current_app.logger
    try:
        message = compose(user.email, subject, text)
        if config["SMTP_URL"]:
            with connection(config["SMTP_URL"]) as server:
                server.send_message(message)
        elif config["APP_ENV"] == "production":
            logger.error("Mail for user %s not sent: SMTP_URL is not set.", user.id)
        else:
            logger.info("Mail for user %s is in %s.", user.id, keep(message))
    except (OSError, ValueError) as error:  # of smtplib, too; its text has the address
        logger.error("Mail for user %s not sent: %s.", user.id, type(error).__name__)


def compose(email: str, subject: str, text: str) -> EmailMessage:
    """Return the message; no program should answer it (RFC 3834)."""
    sender = current_app.config["MAIL_FROM"]
    message = EmailMessage(WHOLE_LINES)
    message["From"], message["To"] = sender, email
    message["Subject"] = f"{current_app.config['API_TITLE']}: {subject}"
    message["Date"] = format_datetime(utc_now())
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def keep(message: EmailMessage) -> Path:
    """Write a mail to a file that mail programs open, and return its path."""
    folder = Path(current_app.instance_path, "mail")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{utc_now():%Y%m%d-%H%M%S-%f}-{uuid4().hex[:8]}.eml"
    path.write_bytes(message.as_bytes())
    return path


@contextmanager
def connection(smtp_url: str) -> Iterator[SMTP]:
    """Connect to the mail server of SMTP_URL; a password goes over TLS only."""
    url, tls = make_url(smtp_url), ssl.create_default_context()
    host, port, in_tls = url.host or "", url.port, url.drivername == "smtps"
    if in_tls:
        server: SMTP = SMTP_SSL(host, port or 465, timeout=SECONDS, context=tls)
    else:
        server = SMTP(host, port or 587, timeout=SECONDS)
    with server:
        server.ehlo()
        if not in_tls and server.has_extn("starttls"):
            server.starttls(context=tls)
        elif not in_tls and url.username:
            raise SMTPNotSupportedError("no STARTTLS")
        if url.username:
            server.login(url.username, url.password or "")
        yield server
