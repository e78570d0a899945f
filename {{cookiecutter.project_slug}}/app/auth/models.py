"""The table of sign-ins."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base


class SignIn(Base):
    """A sign-in, with a family of refresh tokens, of which only the newest is good.

    To end it is to delete it: then its access tokens are no good either.
    """

    __tablename__ = "sign_ins"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64))  # SHA-256, of the newest one
    expires_at: Mapped[datetime] = mapped_column(index=True)
