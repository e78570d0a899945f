"""Fixtures for tests of signing in."""

import pytest
from argon2 import PasswordHasher

from app.core.identity import passwords
from app.core.identity.rate_limits import limiter


@pytest.fixture(autouse=True)
def _fast_hashes_and_no_failures(app: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take fast, weak hashes, and forget the wrong passwords of other tests."""
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", weak)
    passwords.make_spare.cache_clear()
    limiter.reset()
