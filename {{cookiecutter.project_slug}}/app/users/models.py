"""The table of users."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column, validates

{% if cookiecutter.auth == "jwt" %}
from app.core.data.soft_delete import SoftDelete
from app.core.identity.models import Account


class User(SoftDelete, Account):
{% else %}
from app.core.data.base import Base
from app.core.data.soft_delete import SoftDelete


class User(SoftDelete, Base):
{% endif %}
    """Somebody who uses the service."""

    __tablename__ = "users"
    sort_keys = ("created_at", "email", "name")
    filter_keys = ("is_active",)

    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    is_active: Mapped[bool] = mapped_column(default=True)

    @validates("email")
    def lower_case(self, key: str, email: str) -> str:
        """Store every spelling of an address as the same one."""
        return email.lower()
