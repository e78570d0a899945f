"""The orders as a FastAPI service without an ORM: SQL by asyncpg, the strong form.

A good engineer writes this where speed is worth it to write every statement by hand:
asyncpg prepares each statement once for a connection and reads rows in binary form, a
statement stands alone without BEGIN and COMMIT, and Pydantic writes what came back.
Nothing is shortened: the same limits, filters, cursors and ETags as beside it.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query, Response
from fastapi_common import (
    OrderCreate,
    OrderPage,
    OrderQuery,
    OrderRead,
    OrderUpdate,
    check_etag,
    claims,
    etag,
)
from uuid_utils.compat import uuid7

COLUMNS = "id, version, created_at, updated_at, number, status, total, user_id"
FIND = f"SELECT {COLUMNS} FROM orders WHERE deleted_at IS NULL AND id = $1"
CREATE = f"""
INSERT INTO orders (id, version, created_at, updated_at, number, status, total, user_id)
VALUES ($1, 1, now(), now(), $2, $3, $4, $5) RETURNING {COLUMNS}
"""
SIGN_IN = """
SELECT u.id FROM sign_ins AS s JOIN users AS u ON u.id = s.user_id
WHERE s.id = $1 AND s.user_id = $2 AND s.ended_at IS NULL AND s.expires_at > now()
AND u.deleted_at IS NULL AND u.is_active
"""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Keep a pool of connections."""
    url = os.environ["DATABASE_URL"]
    async with asyncpg.create_pool(url, min_size=8, max_size=8) as app.state.pool:
        yield


async def sign_in(found: Annotated[dict[str, Any], Depends(claims)]) -> None:
    """Refuse a token whose sign-in has ended."""
    ids = UUID(found["sid"]), UUID(found["sub"])
    if await app.state.pool.fetchrow(SIGN_IN, *ids) is None:
        raise HTTPException(401)


router = APIRouter()


@router.get("/", response_model=OrderPage)
async def list_orders(query: Annotated[OrderQuery, Query()]) -> dict[str, Any]:
    """List orders."""
    conditions, values = ["deleted_at IS NULL"], []
    filters = query.model_dump(include={"number", "status", "user_id"})
    for name, value in filters.items():
        if value is not None:
            values.append(value)
            conditions.append(f"{name} = ${len(values)}")
    direction, beyond = ("DESC", "<") if query.sort.startswith("-") else ("ASC", ">")
    if query.cursor is not None:
        values += query.position
        here = f"(${len(values) - 1}, ${len(values)})"
        conditions.append(f"({query.key}, id) {beyond} {here}")
    values.append(query.limit + 1)
    rows = await app.state.pool.fetch(
        f"SELECT {COLUMNS} FROM orders WHERE {' AND '.join(conditions)} "
        f"ORDER BY {query.key} {direction}, id {direction} LIMIT ${len(values)}",
        *values,
    )
    items = [dict(row) for row in rows[: query.limit]]
    if len(rows) <= query.limit:
        return {"items": items, "next_cursor": None}
    last = items[-1]
    return {
        "items": items,
        "next_cursor": query.next_cursor(last[query.key], last["id"]),
    }


@router.post("/", status_code=201, response_model=OrderRead)
async def create_order(values: OrderCreate, response: Response) -> dict[str, Any]:
    """Create an order."""
    given = (values.number, values.status, values.total, values.user_id)
    try:
        row = await app.state.pool.fetchrow(CREATE, uuid7(), *given)
    except asyncpg.IntegrityConstraintViolationError as error:
        raise HTTPException(409) from error
    response.headers["Location"] = f"/api/v1/orders/{row['id']}"
    response.headers["ETag"] = etag(row["version"])
    return dict(row)


@router.get("/{order_id}", response_model=OrderRead)
async def get_order(order_id: UUID, response: Response) -> dict[str, Any]:
    """Get an order."""
    row = await app.state.pool.fetchrow(FIND, order_id)
    if row is None:
        raise HTTPException(404)
    response.headers["ETag"] = etag(row["version"])
    return dict(row)


@router.patch("/{order_id}", response_model=OrderRead)
async def update_order(
    order_id: UUID,
    values: OrderUpdate,
    response: Response,
    if_match: Annotated[str | None, Header()] = None,
) -> dict[str, Any]:
    """Change an order; whoever was faster has made another version of it."""
    before = await get_order(order_id, response)
    check_etag(before["version"], if_match)
    changes = values.model_dump(exclude_unset=True)
    sets = "".join(f"{name} = ${n}, " for n, name in enumerate(changes, 3))
    try:
        row = await app.state.pool.fetchrow(
            f"UPDATE orders SET {sets}version = version + 1, updated_at = now() "
            f"WHERE id = $1 AND version = $2 RETURNING {COLUMNS}",
            *(order_id, before["version"], *changes.values()),
        )
    except asyncpg.IntegrityConstraintViolationError as error:
        raise HTTPException(409) from error
    if row is None:
        raise HTTPException(412)
    response.headers["ETag"] = etag(row["version"])
    return dict(row)


app = FastAPI(lifespan=lifespan)
app.include_router(router, prefix="/api/v1/orders")
app.include_router(router, prefix="/signed-in/orders", dependencies=[Depends(sign_in)])
