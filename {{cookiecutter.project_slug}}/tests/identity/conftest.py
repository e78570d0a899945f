"""Fixtures for tests of signing in."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask

from app.core.identity import mail, passwords
from app.core.identity.rate_limits import limiter


@pytest.fixture(autouse=True)
def _fast_hashes_and_no_failures(app: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take fast, weak hashes, and forget the wrong passwords of other tests."""
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", weak)
    passwords.make_spare.cache_clear()
    limiter.reset()


class HeldWorker:
    """Stands in for the thread that sends mail: its jobs wait until they are let go."""

    def __init__(self) -> None:
        self.jobs: list[Any] = []

    def submit(self, *arguments: Any, **options: Any) -> None:
        """Take a job, as an executor does."""
        self.jobs.append((arguments, options))

    def finish(self) -> None:
        """Run the jobs in a thread of their own, as in production."""
        with ThreadPoolExecutor(1) as pool:
            for arguments, options in self.jobs:
                pool.submit(*arguments, **options).result()
        self.jobs.clear()


@pytest.fixture(autouse=True)
def worker(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> HeldWorker:
    """Keep mails in a temporary folder, and what makes them until a test wants it."""
    held = HeldWorker()
    monkeypatch.setattr(mail, "worker", lambda process: held)
    monkeypatch.setattr(app, "instance_path", str(tmp_path))
    return held


@pytest.fixture
def mails(app: Flask, worker: HeldWorker) -> Callable[[], list[EmailMessage]]:
    """Return a function that finishes what is to be mailed, and reads and removes it."""

    def read() -> list[EmailMessage]:
        worker.finish()
        paths = sorted(Path(app.instance_path, "mail").glob("*.eml"))
        contents = [path.read_bytes() for path in paths]
        for path in paths:
            path.unlink()
        return [message_from_bytes(each, policy=policy.default) for each in contents]

    return read
