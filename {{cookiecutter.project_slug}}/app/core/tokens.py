"""Signed tokens: JWT (RFC 7519) with a key made of SECRET_KEY, for any process.

To change the secret, put the old one into SECRET_KEY_FALLBACKS: what it signed stays
good until it expires.
"""

import hmac
from datetime import timedelta
from functools import cache
from typing import Any

from flask import current_app
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

from app.core.database import utc_now
from app.core.errors import BadToken

ACCESS, REFRESH = "at+jwt", "refresh+jwt"  # RFC 9068 names the first one
ALGORITHM = "HS256"
NEEDED: Any = {name: {"essential": True} for name in ("sub", "sid", "exp")}


def encode(kind: str, lifetime: timedelta, **claims: Any) -> str:
    """Return a signed token; `kind` is ACCESS or REFRESH."""
    key = keys().keys[0]
    header = {"alg": ALGORITHM, "typ": kind, "kid": key.kid}
    claims["exp"] = int((utc_now() + lifetime).timestamp())
    return jwt.encode(header, claims, key, [ALGORITHM])


def decode(text: str, kind: str) -> dict[str, Any]:
    """Return the claims of a token. Raises BadToken for whatever is wrong with it."""
    try:
        token = jwt.decode(text, keys(), [ALGORITHM])
        jwt.JWTClaimsRegistry(**NEEDED).validate(token.claims)
    except (JoseError, TypeError, ValueError) as error:
        raise BadToken from error
    if token.header.get("typ") != kind:
        raise BadToken
    return token.claims


def keys() -> KeySet:
    """Return the keys that verify; the first one signs."""
    config = current_app.config
    return make_keys(config["SECRET_KEY"], *config["SECRET_KEY_FALLBACKS"])


@cache
def make_keys(*secrets: str) -> KeySet:
    """Return a key of each secret, made for this purpose only; its id tells nothing."""
    keys: list[Any] = []
    for secret in secrets:
        purpose = b"tokens of app.core.tokens"
        key = OctKey.import_key(hmac.digest(secret.encode(), purpose, "sha256"))
        key.ensure_kid()
        keys.append(key)
    return KeySet(keys)
