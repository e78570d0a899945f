"""Signed tokens: JWT (RFC 7519) with a key made of SECRET_KEY, for any process."""

import hmac
from datetime import datetime
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any

from flask import current_app
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

from app.core.identity.errors import BadToken

ACCESS, REFRESH = "at+jwt", "refresh+jwt"  # RFC 9068 names the first one
ALGORITHM = "HS256"
REQUIRED: Any = {claim: {"essential": True} for claim in ("sub", "sid", "exp")}
CLAIMS = jwt.JWTClaimsRegistry(**REQUIRED)


def encode(kind: str, expires_at: datetime, **claims: Any) -> str:
    """Return a signed token, the same for the same claims; `kind` is ACCESS or REFRESH."""
    key = make_keys(*secrets()).keys[0]  # the first one signs
    header = {"alg": ALGORITHM, "typ": kind, "kid": key.kid}
    claims["exp"] = int(expires_at.timestamp())
    return jwt.encode(header, claims, key, [ALGORITHM])


def decode(text: str, kind: str) -> dict[str, Any]:
    """Return the claims of a token. Raises BadToken for whatever is wrong with it."""
    try:
        token = verify(text, *secrets())
        CLAIMS.validate(token.claims)
    except (JoseError, TypeError, ValueError) as error:
        raise BadToken from error
    if token.header.get("typ") != kind:
        raise BadToken
    return dict(token.claims)


@lru_cache(maxsize=1000)
def verify(text: str, *secrets: str) -> jwt.Token:
    """Return a token with a good signature, which stays good: whoever comes has it again.

    What does not stay is asked each time: when it expires, and whether it was revoked.
    """
    return jwt.decode(text, make_keys(*secrets), [ALGORITHM])


def digest(token: str) -> str:
    """Return what is stored of a token: it is random, so a fast hash is enough."""
    return sha256(token.encode()).hexdigest()


def secrets() -> tuple[str, ...]:
    """Key rotation: SECRET_KEY signs, those of SECRET_KEY_FALLBACKS still verify."""
    config = current_app.config
    return config["SECRET_KEY"], *config["SECRET_KEY_FALLBACKS"]


@cache
def make_keys(*secrets: str) -> KeySet:
    """Return a key of each secret, made for this purpose only; its id tells nothing."""
    purpose = b"tokens of app.core.tokens"
    derived = [hmac.digest(secret.encode(), purpose, "sha256") for secret in secrets]
    return KeySet([OctKey.import_key(key) for key in derived])
