{% set models = "\nfrom .models" if cookiecutter.layout == "domain" else "from app.models.user" %}
{% set jwt = cookiecutter.auth == "jwt" %}
{% set visible, raises, delete = ("permissions.own(User.id), ", " Raises Forbidden.", "sign_ins.delete_account") if jwt else ("", "", "repository.delete") %}
"""What can be done with users; knows nothing of HTTP."""

from typing import Any
from uuid import UUID

from app.core.data import repository
{% if jwt %}
from app.core.data.session import transaction
from app.core.identity import mail_tokens, passwords, permissions, sign_ins
from app.core.identity import services as identity
{% endif %}
from app.core.web.pagination import paginate
{{ models }} import User


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
    """Store a new user; `values` is a loaded UserCreate."""
{% if jwt %}
    stored = passwords.with_hash(values)
    with transaction():
        sign_ins.lock_caller()
        user = repository.save(User(), stored)
    if user.is_superuser:
        permissions.log_privileges(user, {"is_superuser": True})
    return user
{% else %}
    return repository.save(User(), values)
{% endif %}


def update_user(user: User, values: dict[str, Any]) -> User:
    """Change a user; `values` is a loaded UserUpdate.{{ raises }}"""
{% if jwt %}
    permissions.check_privileges(values, "is_active", "is_superuser")
    password = values.pop("current_password", "")
    new_address = values.get("email", user.email) != user.email
    if new_address and user.id == permissions.caller().id:
        identity.confirm(user, password)
    if new_address:
        values["email_verified_at"] = None
    with transaction():
        if password:  # to compare it took long
            sign_ins.lock_caller()
        if False in (values.get("is_active"), values.get("is_superuser")):
            permissions.keep_a_superuser(user)
        repository.save(user, values)  # row lock: no sign-in comes in between
        permissions.log_privileges(user, values)
        if new_address:
            permissions.log(f"The address of user {user.id} was changed")
        if not user.is_active or (new_address and identity.must_verify(user)):
            sign_ins.end_access(user.id)
        if new_address or not user.is_active:
            mail_tokens.remove(user_id=user.id)  # what was mailed is void
    return user
{% else %}
    return repository.save(user, values)
{% endif %}


def delete_user(user: User) -> None:
    """Delete a user. Raises Conflict while others refer to it."""
    {{ delete }}(user)
