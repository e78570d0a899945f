"""The orders as an idiomatic FastAPI service: async SQLAlchemy, asyncpg, Pydantic.

It is what the documentation of both teaches: an engine with a session for each request
from `Depends`, mapped classes, `select()`, keyset paging by row values, a response model
that reads the attributes of the rows, and `version_id_col` for optimistic locking. The
engine asks an idle connection whether it is alive (`pool_pre_ping`), as the generated
service does: without it, a restart of the database would be answered with 500.
"""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query, Response
from fastapi_common import (
    OrderCreate,
    OrderPage,
    OrderQuery,
    OrderRead,
    OrderStatus,
    OrderUpdate,
    check_etag,
    claims,
    etag,
)
from sqlalchemy import DateTime, Enum, ForeignKey, Numeric, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    joinedload,
    mapped_column,
    relationship,
)
from sqlalchemy.orm.exc import StaleDataError
from uuid_utils.compat import uuid7

url = os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+asyncpg:")
engine = create_async_engine(url, pool_pre_ping=True, pool_size=8)
new_session = async_sessionmaker(engine, expire_on_commit=False)


def now() -> datetime:
    """Return the present time."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """The base of every model, on the tables that the generated service made."""

    type_annotation_map = {  # noqa: RUF012 as SQLAlchemy documents it
        datetime: DateTime(timezone=True),
        Decimal: Numeric(12, 2),
        OrderStatus: Enum(
            OrderStatus,
            native_enum=False,
            values_callable=lambda members: [member.value for member in members],
        ),
    }

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)


class User(Base):
    """A user."""

    __tablename__ = "users"

    is_active: Mapped[bool]
    deleted_at: Mapped[datetime | None]


class SignIn(Base):
    """A sign-in."""

    __tablename__ = "sign_ins"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    user: Mapped[User] = relationship()


class Order(Base):
    """An order."""

    __tablename__ = "orders"

    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
    deleted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()
    number: Mapped[str]
    status: Mapped[OrderStatus]
    total: Mapped[Decimal]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


async def get_session() -> AsyncIterator[AsyncSession]:
    """Give a request its session."""
    async with new_session() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]
IfMatch = Annotated[str | None, Header()]


async def sign_in(
    session: SessionDep, found: Annotated[dict[str, Any], Depends(claims)]
) -> SignIn:
    """Return the sign-in of the token, unless it has ended."""
    query = select(SignIn).options(joinedload(SignIn.user)).join(SignIn.user)
    query = query.where(
        SignIn.id == UUID(found["sid"]),
        SignIn.user_id == UUID(found["sub"]),
        SignIn.ended_at.is_(None),
        SignIn.expires_at > now(),
        User.deleted_at.is_(None),
        User.is_active,
    )
    row = await session.scalar(query)
    if row is None:
        raise HTTPException(401)
    return row


async def find(session: AsyncSession, order_id: UUID) -> Order:
    """Return an order, or answer 404."""
    query = select(Order).where(Order.id == order_id, Order.deleted_at.is_(None))
    order = await session.scalar(query)
    if order is None:
        raise HTTPException(404)
    return order


async def commit(session: AsyncSession) -> None:
    """Commit, or answer 409 and 412."""
    try:
        await session.commit()
    except IntegrityError as error:
        raise HTTPException(409) from error
    except StaleDataError as error:
        raise HTTPException(412) from error


router = APIRouter()


@router.get("/", response_model=OrderPage)
async def list_orders(
    session: SessionDep, query: Annotated[OrderQuery, Query()]
) -> dict[str, Any]:
    """List orders."""
    columns = [getattr(Order, query.key), Order.id]
    descending = query.sort.startswith("-")
    statement = select(Order).where(Order.deleted_at.is_(None)).limit(query.limit + 1)
    filters = query.model_dump(include={"number", "status", "user_id"})
    for name, value in filters.items():
        if value is not None:
            statement = statement.where(getattr(Order, name) == value)
    if query.cursor is not None:
        row, position = tuple_(*columns), query.position
        statement = statement.where(row < position if descending else row > position)
    statement = statement.order_by(*(c.desc() if descending else c for c in columns))
    rows = (await session.scalars(statement)).all()
    if len(rows) <= query.limit:
        return {"items": rows, "next_cursor": None}
    last = rows[query.limit - 1]
    cursor = query.next_cursor(getattr(last, query.key), last.id)
    return {"items": rows[: query.limit], "next_cursor": cursor}


@router.post("/", status_code=201, response_model=OrderRead)
async def create_order(
    session: SessionDep, values: OrderCreate, response: Response
) -> Order:
    """Create an order."""
    order = Order(**values.model_dump())
    session.add(order)
    await commit(session)
    response.headers["Location"] = f"/api/v1/orders/{order.id}"
    response.headers["ETag"] = etag(order.version)
    return order


@router.get("/{order_id}", response_model=OrderRead)
async def get_order(session: SessionDep, order_id: UUID, response: Response) -> Order:
    """Get an order."""
    order = await find(session, order_id)
    response.headers["ETag"] = etag(order.version)
    return order


@router.patch("/{order_id}", response_model=OrderRead)
async def update_order(
    session: SessionDep,
    order_id: UUID,
    values: OrderUpdate,
    response: Response,
    if_match: IfMatch = None,
) -> Order:
    """Change an order."""
    order = await find(session, order_id)
    check_etag(order.version, if_match)
    for name, value in values.model_dump(exclude_unset=True).items():
        setattr(order, name, value)
    await commit(session)
    response.headers["ETag"] = etag(order.version)
    return order


app = FastAPI()
app.include_router(router, prefix="/api/v1/orders")
app.include_router(router, prefix="/signed-in/orders", dependencies=[Depends(sign_in)])
