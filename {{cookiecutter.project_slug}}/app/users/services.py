"""What can be done with users; knows nothing of HTTP."""

from typing import Any
from uuid import UUID

from app.core import repository
from app.core.pagination import paginate
{% if cookiecutter.layout == "domain" %}

from .models import User
{% else %}
from app.models.user import User
{% endif %}


def list_users(query: dict[str, Any]) -> dict[str, Any]:
    """Return one page; `query` is a loaded UserQuery. Raises Invalid."""
    return paginate(User, **query)


def get_user(user_id: UUID) -> User:
    """Return a user. Raises NotFound."""
    return repository.get(User, id=user_id)


def find_user(email: str) -> User:
    """Return the user with an e-mail address, in any case. Raises NotFound."""
    return repository.get(User, email=email.lower())


def create_user(values: dict[str, Any]) -> User:
    """Store a new user; `values` is a loaded UserCreate."""
    return repository.save(User(), values)


def update_user(user: User, values: dict[str, Any]) -> User:
    """Change a user; `values` is a loaded UserUpdate."""
    return repository.save(user, values)


def delete_user(user: User) -> None:
    """Delete a user. Raises Conflict while others refer to it."""
    repository.delete(user)
