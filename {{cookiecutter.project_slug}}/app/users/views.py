{% set jwt = cookiecutter.auth == "jwt" %}
{% set tab = "    " if cookiecutter.views == "classes" else "" %}
{% set superuser = "\n" ~ tab ~ "@blp.access(SUPERUSER)" if jwt else "" %}
"""The endpoints of users."""

from typing import Any
from uuid import UUID

{% if cookiecutter.views == "classes" %}
from flask.views import MethodView

{% endif %}
{% if jwt %}
from app.core.identity import guard, permissions, rate_limits
from app.core.identity import services as identity
from app.core.identity.blueprint import ANYONE, SUPERUSER, Blueprint
from app.core.identity.views import blp as auth
from app.core.web.blueprint import API_PREFIX
{% else %}
from app.core.web.blueprint import Blueprint
{% endif %}
{% if cookiecutter.layout == "domain" %}

from . import schemas, services
from .models import User
{% else %}
from app.models.user import User
from app.schemas import user as schemas
from app.services import user as services
{% endif %}

blp = Blueprint("users", __name__, url_prefix="/users", description="Users")
{% if cookiecutter.views == "functions" %}


@blp.get("/")
@blp.arguments(schemas.UserQuery, location="query")
@blp.response(200, schemas.UserPage)
def list_users(query: dict[str, Any]) -> dict[str, Any]:
    """List users."""
    return services.list_users(query)


@blp.post("/")
@blp.etag
@blp.arguments(schemas.UserCreate, example={"email": "a@example.com", "name": "A"})
@blp.response(201, schemas.UserRead){{ superuser }}
def create_user(values: dict[str, Any]) -> User:
    """Create a user."""
    return services.create_user(values)


@blp.get("/lookup")
@blp.etag
@blp.arguments(schemas.UserLookup, location="query")
@blp.response(200, schemas.UserRead)
@blp.alt_response(404)
def lookup_user(query: dict[str, Any]) -> User:
    """Find a user by e-mail address."""
    return services.find_user(query["email"])


@blp.get("/<uuid:user_id>")
@blp.etag
@blp.response(200, schemas.UserRead)
def get_user(user_id: UUID) -> User:
    """Get a user."""
    return services.get_user(user_id)


@blp.patch("/<uuid:user_id>")
@blp.etag
@blp.arguments(schemas.UserUpdate)
@blp.response(200, schemas.UserRead)
def update_user(values: dict[str, Any], user_id: UUID) -> User:
    """Change a user."""
    user = services.get_user(user_id)
    blp.check_etag(user, schemas.UserRead)
    return services.update_user(user, values)


@blp.delete("/<uuid:user_id>")
@blp.etag
@blp.response(204){{ superuser }}
def delete_user(user_id: UUID) -> None:
    """Delete a user."""
    user = services.get_user(user_id)
    blp.check_etag(user, schemas.UserRead)
    services.delete_user(user)
{% if jwt %}


@auth.post("/register")
@guard.while_registration_is_enabled
@rate_limits.by_address("LOGIN_LIMIT")
@auth.etag
@auth.arguments(schemas.Registration)
@auth.response(201, schemas.UserRead)
@auth.alt_response(403)
@auth.alt_response(429)
@auth.access(ANYONE)
def register(values: dict[str, Any]) -> tuple[User, int, dict[str, str]]:
    """Register a new user."""
    user = services.create_user(values)
    identity.ask_to_verify(user)
    return user, 201, {"Location": f"{API_PREFIX}/users/{user.id}"}


@auth.get("/me")
@auth.etag
@auth.response(200, schemas.UserRead)
def me() -> Any:
    """Get the user who asks."""
    return permissions.caller()
{% endif %}
{% else %}


@blp.route("/")
class Users(MethodView):
    """All users."""

    @blp.arguments(schemas.UserQuery, location="query")
    @blp.response(200, schemas.UserPage)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List users."""
        return services.list_users(query)

    @blp.etag
    @blp.arguments(schemas.UserCreate, example={"email": "a@example.com", "name": "A"})
    @blp.response(201, schemas.UserRead){{ superuser }}
    def post(self, values: dict[str, Any]) -> User:
        """Create a user."""
        return services.create_user(values)


@blp.route("/lookup")
class LookupUser(MethodView):
    """The user with an e-mail address."""

    @blp.etag
    @blp.arguments(schemas.UserLookup, location="query")
    @blp.response(200, schemas.UserRead)
    @blp.alt_response(404)
    def get(self, query: dict[str, Any]) -> User:
        """Find a user by e-mail address."""
        return services.find_user(query["email"])


@blp.route("/<uuid:user_id>")
class OneUser(MethodView):
    """One user."""

    @blp.etag
    @blp.response(200, schemas.UserRead)
    def get(self, user_id: UUID) -> User:
        """Get a user."""
        return services.get_user(user_id)

    @blp.etag
    @blp.arguments(schemas.UserUpdate)
    @blp.response(200, schemas.UserRead)
    def patch(self, values: dict[str, Any], user_id: UUID) -> User:
        """Change a user."""
        user = services.get_user(user_id)
        blp.check_etag(user, schemas.UserRead)
        return services.update_user(user, values)

    @blp.etag
    @blp.response(204){{ superuser }}
    def delete(self, user_id: UUID) -> None:
        """Delete a user."""
        user = services.get_user(user_id)
        blp.check_etag(user, schemas.UserRead)
        services.delete_user(user)
{% if jwt %}


@auth.route("/register")
class Register(MethodView):
    """Signing up."""

    @guard.while_registration_is_enabled
    @rate_limits.by_address("LOGIN_LIMIT")
    @auth.etag
    @auth.arguments(schemas.Registration)
    @auth.response(201, schemas.UserRead)
    @auth.alt_response(403)
    @auth.alt_response(429)
    @auth.access(ANYONE)
    def post(self, values: dict[str, Any]) -> tuple[User, int, dict[str, str]]:
        """Register a new user."""
        user = services.create_user(values)
        identity.ask_to_verify(user)
        return user, 201, {"Location": f"{API_PREFIX}/users/{user.id}"}


@auth.route("/me")
class Me(MethodView):
    """The user who asks."""

    @auth.etag
    @auth.response(200, schemas.UserRead)
    def get(self) -> Any:
        """Get the user who asks."""
        return permissions.caller()
{% endif %}
{% endif %}
