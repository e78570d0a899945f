"""What can be done with users; knows nothing of HTTP."""

from typing import Any
from uuid import UUID

{% if cookiecutter.auth == "jwt" %}
from app.core import passwords, repository, security
{% else %}
from app.core import repository
{% endif %}
from app.core.pagination import paginate
{% if cookiecutter.layout == "domain" %}

from .models import User
{% else %}
from app.models.user import User
{% endif %}


def list_users(query: dict[str, Any]) -> dict[str, Any]:
    """Return one page; `query` is a loaded UserQuery. Raises Invalid."""
{% if cookiecutter.auth == "jwt" %}
    return paginate(User, security.own(User.id), **query)
{% else %}
    return paginate(User, **query)
{% endif %}


def get_user(user_id: UUID) -> User:
    """Return a user. Raises NotFound."""
{% if cookiecutter.auth == "jwt" %}
    return repository.get(User, security.own(User.id), id=user_id)
{% else %}
    return repository.get(User, id=user_id)
{% endif %}


def find_user(email: str) -> User:
    """Return the user with an e-mail address, in any case. Raises NotFound."""
{% if cookiecutter.auth == "jwt" %}
    return repository.get(User, security.own(User.id), email=email.lower())
{% else %}
    return repository.get(User, email=email.lower())
{% endif %}


def create_user(values: dict[str, Any]) -> User:
{% if cookiecutter.auth == "jwt" %}
    """Store a new user; `values` is a loaded UserCreate or Registration."""
    password = values.get("password")
    stored = {"password_hash": passwords.make_hash(password)} if password else {}
    stored |= {name: value for name, value in values.items() if name != "password"}
    return repository.save(User(), stored)
{% else %}
    """Store a new user; `values` is a loaded UserCreate."""
    return repository.save(User(), values)
{% endif %}


def update_user(user: User, values: dict[str, Any]) -> User:
{% if cookiecutter.auth == "jwt" %}
    """Change a user; `values` is a loaded UserUpdate. Raises Forbidden."""
    security.check_privileges(values, "is_active", "is_superuser")
    with repository.transaction():
        repository.save(user, values)  # locks the user: no sign-in comes in between
        if not user.is_active:
            security.end_sign_ins(user_id=user.id)
    return user
{% else %}
    """Change a user; `values` is a loaded UserUpdate."""
    return repository.save(user, values)
{% endif %}


def delete_user(user: User) -> None:
    """Delete a user. Raises Conflict while others refer to it."""
{% if cookiecutter.auth == "jwt" %}
    with repository.transaction():
        update_user(user, {"is_active": False})  # ends its sign-ins, which refer to it
        repository.delete(user)
{% else %}
    repository.delete(user)
{% endif %}
