{% set sqlite = cookiecutter.database == "sqlite" %}
"""API keys: who asks is known by a key in `X-API-Key`, which a machine can keep.

Only the hash of a key is stored, so that it can be shown once. Revocation is at once.
"""

import hmac
import re
{% if sqlite %}
from contextlib import suppress
{% endif %}
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Request, current_app
{% if sqlite %}
from sqlalchemy.exc import OperationalError
{% endif %}
from sqlalchemy.orm import joinedload
from uuid_utils.compat import uuid7

from app.core.data import repository
from app.core.data.base import utc_now
{% if sqlite %}
from app.core.data.dialect import at_once
{% endif %}
from app.core.data.session import db, transaction
from app.core.identity import sign_ins, tokens
from app.core.identity.errors import BadToken
from app.core.identity.models import Account, ApiKey

NAME, HEADER = "apiKey", "X-API-Key"
SCHEME = {"type": "apiKey", "in": "header", "name": HEADER}  # in OpenAPI
CHALLENGE = "ApiKey"  # in WWW-Authenticate
FORM = re.compile("key_([0-9a-f]{32})_[A-Za-z0-9_-]{43}")  # secret scanners know it


def read(request: Request) -> tuple[Account, None]:
    """Return the user of the key, and no sign-in. Raises BadToken."""
    key = find(request.headers[HEADER])
    if key.used_at is None or utc_now() - key.used_at > timedelta(minutes=1):
        note_use(key)
    return key.user, None


def note_use(key: ApiKey) -> None:
    """Note when a key was used{{ ", unless that had to wait for another writer" if sqlite }}."""
    used = sa.update(ApiKey).filter_by(id=key.id).values(used_at=utc_now())
{% if sqlite %}
    with suppress(OperationalError), transaction(), at_once(db.session.connection()):
        repository.change(used)
{% else %}
    repository.change(used)
{% endif %}


def find(text: str) -> ApiKey:
    """Return a good key with its active user. Raises BadToken."""
    match = FORM.fullmatch(text)
    if match is None:
        raise BadToken
    query = sa.select(ApiKey).options(joinedload(ApiKey.user))
    query = query.where(
        ApiKey.id == UUID(match[1]),
        ApiKey.ended_at.is_(None),
        ApiKey.expires_at > utc_now(),
    )
    key = db.session.scalar(query)
    if key is None or not hmac.compare_digest(key.key_hash, tokens.digest(text)):
        raise BadToken
    if key.user is None or not key.user.is_active:
        raise BadToken
    return key


def create(
    user: Account, name: str, days: int, sign_in_id: UUID | None = None
) -> dict[str, Any]:
    """Store a new key; return an ApiKeyCreated. Raises Invalid for an inactive user."""
    key_id, now = uuid7(), utc_now()
    text = f"key_{key_id.hex}_{token_urlsafe(32)}"
    values = {"id": key_id, "user_id": user.id, "name": name, "created_at": now}
    values |= {"expires_at": now + timedelta(days=days)}
    hashed = values | {"key_hash": tokens.digest(text)}
    active = type(user).is_active.is_(True)
    with transaction():
        repository.save(ApiKey(), hashed, user_id=active)  # row lock: no end in between
        if sign_in_id is not None:  # it may have ended in the meantime
            sign_ins.lock({"sid": str(sign_in_id), "sub": str(user.id)})
    current_app.logger.info("API key %s of user %s was made.", key_id, user.id)
    return values | {"used_at": None, "key": text}


def end_own(user: Account, key_id: UUID) -> None:
    """End a key of a user. Raises NotFound for one of somebody else."""
    sign_ins.end_own(ApiKey, user, key_id)
    current_app.logger.info("API key %s of user %s has ended.", key_id, user.id)
