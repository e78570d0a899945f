"""The table of users."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column, validates

from app.core.database import Base


class User(Base):
    """Somebody who places orders."""

    __tablename__ = "users"
    sort_keys = ("created_at", "email", "name")

    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    is_active: Mapped[bool] = mapped_column(default=True)
{% if cookiecutter.auth == "jwt" %}
    is_superuser: Mapped[bool] = mapped_column(default=False)
    password_hash: Mapped[str | None] = mapped_column(String(255))
{% endif %}

    @validates("email")
    def lower_case(self, key: str, email: str) -> str:
        """Store every spelling of an address as the same one."""
        return email.lower()
