{% set jwt = cookiecutter.auth == "jwt" %}
{% set visible = "permissions.own(User.id), " if jwt else "" %}
"""What can be done with users; knows nothing of HTTP."""

from typing import Any
from uuid import UUID

{% if jwt %}
from flask import current_app

{% endif %}
from app.core.data import repository
{% if jwt %}
from app.core.data.session import transaction
from app.core.identity import passwords, permissions, sign_ins
from app.core.identity.errors import Forbidden
{% endif %}
from app.core.web.pagination import paginate
{% if cookiecutter.layout == "domain" %}

from .models import User
{% else %}
from app.models.user import User
{% endif %}


def list_users(query: dict[str, Any]) -> dict[str, Any]:
    """Return one page; `query` is a loaded UserQuery. Raises Invalid."""
    return paginate(User, {{ visible }}**query)


def get_user(user_id: UUID) -> User:
    """Return a user. Raises NotFound."""
    return repository.get(User, {{ visible }}id=user_id)


def find_user(email: str) -> User:
    """Return the user with an e-mail address, in any case. Raises NotFound."""
    return repository.get(User, {{ visible }}email=email.lower())


def create_user(values: dict[str, Any]) -> User:
    """Store a new user; `values` is a loaded UserCreate{{ " or Registration" if jwt }}."""
    return repository.save(User(), {{ "passwords.with_hash(values)" if jwt else "values" }})
{% if jwt %}


def register(values: dict[str, Any]) -> User:
    """Store a new user who asks for it; `values` is a Registration. Raises Forbidden."""
    if not current_app.config["REGISTRATION_ENABLED"]:
        raise Forbidden("Nobody can register here: ask a superuser for an account.")
    return create_user(values)
{% endif %}


def update_user(user: User, values: dict[str, Any]) -> User:
    """Change a user; `values` is a loaded UserUpdate.{{ " Raises Forbidden." if jwt }}"""
{% if jwt %}
    permissions.check_privileges(values, "is_active", "is_superuser")
    with transaction():
        repository.save(user, values)  # row lock: no sign-in comes in between
        if not user.is_active:
            sign_ins.end(user_id=user.id)
    return user
{% else %}
    return repository.save(user, values)
{% endif %}


def delete_user(user: User) -> None:
    """Delete a user. Raises Conflict while others refer to it."""
    {{ "sign_ins.delete_account(user)" if jwt else "repository.delete(user)" }}
