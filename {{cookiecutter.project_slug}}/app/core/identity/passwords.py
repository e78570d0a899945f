"""Passwords: stored as argon2id hashes (RFC 9106), refused when they are common."""

import unicodedata
from functools import cache
from threading import BoundedSemaphore
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from marshmallow import ValidationError
from marshmallow.validate import Length
from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped]

from app.core.web.fields import String

SHORTEST, LONGEST = 8, 128  # characters
LONGEST_TYPED = 4 * LONGEST  # before keyboards' ways of writing are made the same
COMMON = frozenset(FREQUENCY_LISTS["passwords"])  # the 30,000 that are tried first

hasher = PasswordHasher()  # its defaults follow RFC 9106 and rise with time
# Each hash takes 64 MiB: more at once wait, whatever the number of threads.
HASHING = BoundedSemaphore(2)


class Password(String):
    """The field of a new password: of good length, not a common one, never shown."""

    def __init__(self, **kwargs: Any) -> None:
        length = Length(SHORTEST, LONGEST)
        shown = {"format": "password", "examples": ["correct horse battery staple"]}
        super().__init__(validate=length, load_only=True, metadata=shown, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        password = normalize(super()._deserialize(value, attr, data, **kwargs))
        text = password.strip().lower()
        if not text or text in COMMON:
            raise ValidationError("Is a very common password: choose another one.")
        return password


def with_hash(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a user with the hash of the password in place of it."""
    stored = {name: value for name, value in values.items() if name != "password"}
    if password := values.get("password"):
        stored["password_hash"] = make_hash(password)
    return stored


def make_hash(password: str) -> str:
    """Return what is stored of a password."""
    normalized = normalize(password)
    with HASHING:
        return hasher.hash(normalized)


def matches(password: str, stored: str | None) -> bool:
    """Tell whether a password is the right one."""
    # Timing: it takes as long when none is stored, so that nobody learns who has one.
    spare = make_spare()
    try:
        normalized = normalize(password)
        with HASHING:
            verified = hasher.verify(stored or spare, normalized)
    except (VerificationError, InvalidHashError, ValidationError):
        return False
    return verified and stored is not None


@cache
def make_spare() -> str:
    """Return a hash to compare with where there is none."""
    return make_hash("the hash of nobody's password")


def normalize(password: str) -> str:
    """Return the same text (NFKC) for every way in which keyboards write it.

    Raises ValidationError for a text so long that this would take quadratic time.
    """
    if len(password) > LONGEST_TYPED:
        raise ValidationError(f"Longer than maximum length {LONGEST}.")
    return unicodedata.normalize("NFKC", password)
