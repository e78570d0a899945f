"""Sign-ins: how one is found by the claims of a token, and what ends it.

Revocation is at once: each request looks its sign-in up, and nothing else decides.
"""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from app.core.data import repository
from app.core.data.base import utc_now
from app.core.data.session import db, transaction
from app.core.identity.errors import BadToken
from app.core.identity.models import Account, SignIn


def find(claims: dict[str, Any]) -> SignIn:
    """Return the sign-in of a token with its active user. Raises BadToken."""
    query = sa.select(SignIn).options(joinedload(SignIn.user))
    query = query.where(
        SignIn.id == UUID(claims["sid"]),
        SignIn.user_id == UUID(claims["sub"]),
        SignIn.ended_at.is_(None),
    )
    sign_in = db.session.scalar(query)
    if sign_in is None or sign_in.user is None or not sign_in.user.is_active:
        raise BadToken
    return sign_in


def end(**criteria: UUID) -> None:
    """Revoke the sign-ins with these values: their tokens are refused from now on."""
    change({"ended_at": utc_now()}, **criteria)


def change(values: dict[str, Any], **criteria: Any) -> int:
    """Change the sign-ins that have not ended; return how many the criteria meet."""
    changed = sa.update(SignIn).filter_by(**criteria, ended_at=None).values(values)
    with transaction():
        result: Any = db.session.execute(changed)
    return int(result.rowcount)


def sign_out(sign_in: SignIn, everywhere: bool) -> None:
    """End a sign-in, or all of its user."""
    if everywhere:
        end(user_id=sign_in.user_id)
    else:
        end(id=sign_in.id)


def delete_account(user: Account) -> None:
    """Delete a user with every sign-in. Raises Conflict while other rows refer to it."""
    with transaction():
        # Deactivate it: whatever brings the row back brings no access back.
        repository.save(user, {"is_active": False})  # row lock: no sign-in in between
        db.session.execute(sa.delete(SignIn).filter_by(user_id=user.id))
        repository.delete(user)


def purge() -> int:
    """Remove sign-ins that have expired; return how many."""
    with transaction():
        expired = sa.delete(SignIn).where(SignIn.expires_at < utc_now())
        result: Any = db.session.execute(expired)
    return int(result.rowcount)
