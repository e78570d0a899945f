"""What both FastAPI services of the comparison accept and say, and how they are asked.

The models do what Pydantic is for: they validate, and a response model writes JSON in
Rust. Limits, filters, orders and errors are those of the generated service.
"""

import hmac
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import jwt
from fastapi import Header, HTTPException
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

# Tokens of the generated service are good here, too: the key is made as it makes it.
KEY = hmac.digest(
    os.environ["SECRET_KEY"].encode(), b"tokens of app.core.tokens", "sha256"
)
Number = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00]*$")]
Total = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
Sort = Literal["created_at", "number", "total", "-created_at", "-number", "-total"]
KINDS: dict[str, TypeAdapter[Any]] = {
    "created_at": TypeAdapter(datetime),
    "number": TypeAdapter(str),
    "total": TypeAdapter(Decimal),
}
ID = TypeAdapter(UUID)


class OrderStatus(StrEnum):
    """The status of an order."""

    PENDING = "pending"
    PAID = "paid"
    CANCELLED = "cancelled"


class OrderCreate(BaseModel):
    """What a new order needs."""

    model_config = ConfigDict(extra="forbid")

    number: Number
    status: OrderStatus = OrderStatus.PENDING
    total: Total
    user_id: UUID


class OrderUpdate(BaseModel):
    """What can be changed of an order."""

    model_config = ConfigDict(extra="forbid")

    number: Number | None = None
    status: OrderStatus | None = None
    total: Total | None = None
    user_id: UUID | None = None


class OrderRead(BaseModel):
    """What is shown of an order."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    number: str
    status: OrderStatus
    total: Decimal
    user_id: UUID


class OrderPage(BaseModel):
    """One page of the list of orders."""

    items: list[OrderRead]
    next_cursor: str | None


class OrderQuery(BaseModel):
    """Which orders a list has, and in which order."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: str | None = None
    sort: Sort = "created_at"
    number: Number | None = None
    status: OrderStatus | None = None
    user_id: UUID | None = None

    @property
    def key(self) -> str:
        """Return the column of the order."""
        return self.sort.removeprefix("-")

    @property
    def position(self) -> list[Any]:
        """Return where the cursor says that the page before ended."""
        try:
            sort, value, row_id = json.loads(urlsafe_b64decode(self.cursor or ""))
            if sort != self.sort:
                raise ValueError(sort)
            return [KINDS[self.key].validate_python(value), ID.validate_python(row_id)]
        except (ValueError, TypeError) as error:
            raise HTTPException(422, "Is not a cursor of this list.") from error

    def next_cursor(self, last: Any, row_id: UUID) -> str:
        """Return the cursor of the page after this value of the key and this id."""
        text = json.dumps([self.sort, last, row_id], default=str)
        return urlsafe_b64encode(text.encode()).decode()


def etag(version: int) -> str:
    """Return the ETag of a version."""
    return f'"{version}"'


def check_etag(version: int, given: str | None) -> None:
    """Refuse a change that does not say which version it is of, or of an old one."""
    if given is None:
        raise HTTPException(428)
    if given not in {"*", etag(version)}:
        raise HTTPException(412)


def claims(authorization: Annotated[str, Header()] = "") -> dict[str, Any]:
    """Return the claims of the token."""
    try:
        token = authorization.removeprefix("Bearer ")
        required = {"require": ["sub", "sid", "exp"]}
        found: dict[str, Any] = jwt.decode(token, KEY, ["HS256"], options=required)
        return found
    except jwt.InvalidTokenError as error:
        raise HTTPException(401) from error
