"""Who can sign in, and the tables of sign-ins, API keys and mailed tokens."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.data.base import Base


class Account(Base):
    """The base of the model `User`: what signing in needs of it."""

    __abstract__ = True

    email: Mapped[str]
    is_active: Mapped[bool]
    is_superuser: Mapped[bool] = mapped_column(default=False)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    email_verified_at: Mapped[datetime | None]


class SignIn(Base):
    """A sign-in (session), with a family of refresh tokens: only the newest is good.

    Revocation: when `ended_at` is set, its access tokens are no good either.
    """

    __tablename__ = "sign_ins"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64))  # SHA-256, of the newest one
    previous_hash: Mapped[str | None] = mapped_column(String(64))
    repeated_hash: Mapped[str | None] = mapped_column(String(64))  # that came twice
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    used_at: Mapped[datetime]  # when its newest token was issued
    address: Mapped[str] = mapped_column(String(50))
    user_agent: Mapped[str] = mapped_column(String(200))

    user: Mapped[Account] = relationship("User")


class MailToken(Base):
    """A one-time token that was mailed to a user; only its hash is stored."""

    __tablename__ = "mail_tokens"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256
    expires_at: Mapped[datetime] = mapped_column(index=True)

    user: Mapped[Account] = relationship("User")


class ApiKey(Base):
    """A key by which a machine acts as a user, until it expires or `ended_at` is set."""

    __tablename__ = "api_keys"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]  # give or take a minute

    user: Mapped[Account] = relationship("User")
