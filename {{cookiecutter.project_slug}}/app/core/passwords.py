"""Passwords: stored as argon2id hashes (RFC 9106), refused when they are common."""

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped]

SHORTEST, LONGEST = 8, 128  # characters
LONGEST_TYPED = 4 * LONGEST  # before keyboards' ways of writing are made the same
COMMON = frozenset(FREQUENCY_LISTS["passwords"])

hasher = PasswordHasher()  # its defaults follow RFC 9106 and rise with time


def is_common(password: str) -> bool:
    """Tell whether a password is blank or one of the 30,000 that are tried first."""
    text = password.strip().lower()
    return not text or text in COMMON


def make_hash(password: str) -> str:
    """Return what is stored of a password."""
    return hasher.hash(normal(password))


def matches(password: str, stored: str | None) -> bool:
    """Tell whether a password is the right one; takes as long when none is stored."""
    spare = make_spare()
    try:
        return hasher.verify(stored or spare, normal(password)) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Tell whether a hash was made with weaker parameters than today's."""
    return hasher.check_needs_rehash(stored)


@cache
def make_spare() -> str:
    """Return a hash to compare with where there is none, so that time tells nothing."""
    return make_hash("the hash of nobody's password")


def normal(password: str) -> str:
    """Return the same text for every way in which keyboards write it."""
    return unicodedata.normalize("NFKC", password)
