"""The list of users as an ordinary FastAPI service, on the same SQLite file.

It is written as the documentation of FastAPI teaches it: a `def` endpoint, a session
from `Depends`, and a response model that reads the attributes of the rows.
"""

import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

engine = create_engine(os.environ["DATABASE_URL"])
app = FastAPI()


class Base(DeclarativeBase):
    """The base of every model."""


class User(Base):
    """The table that the generated service made."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    is_active: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    version: Mapped[int]


class UserRead(BaseModel):
    """What is shown of a user."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    created_at: datetime
    updated_at: datetime
    version: int
    email: str
    name: str
    is_active: bool


class UserPage(BaseModel):
    """One page of the list of users."""

    items: list[UserRead]
    next_cursor: str | None


def get_session() -> Iterator[Session]:
    """Give a request its session."""
    with Session(engine) as session:
        yield session


@app.get("/api/v1/users/", response_model=UserPage)
def list_users(
    session: Annotated[Session, Depends(get_session)],
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> dict[str, Sequence[User] | str | None]:
    """List users."""
    statement = select(User).where(User.deleted_at.is_(None))
    statement = statement.order_by(User.created_at, User.id).limit(limit + 1)
    rows = session.scalars(statement).all()
    more = len(rows) > limit
    return {
        "items": rows[:limit],
        "next_cursor": encode(rows[limit - 1]) if more else None,
    }


def encode(last: User) -> str:
    """Return a cursor that says where a page ended."""
    values = ["users", "created_at", last.created_at, last.id]
    return urlsafe_b64encode(json.dumps(values, default=str).encode()).decode()
