"""The table of orders."""

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.data.base import Base
from app.core.data.soft_delete import SoftDelete

if TYPE_CHECKING:
{% if cookiecutter.layout == "domain" %}
    from app.users.models import User
{% else %}
    from app.models.user import User
{% endif %}


class OrderStatus(StrEnum):
    """The status of an order."""

    PENDING = "pending"
    PAID = "paid"
    CANCELLED = "cancelled"


class Order(SoftDelete, Base):
    """An order."""

    __tablename__ = "orders"
    sort_keys = ("created_at", "number", "total")
    filter_keys = ("status", "user_id")

    number: Mapped[str] = mapped_column(String(40), unique=True)
    status: Mapped[OrderStatus] = mapped_column(default=OrderStatus.PENDING)
    total: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)

    user: Mapped["User"] = relationship(foreign_keys="Order.user_id")
