"""The endpoints of users."""

from typing import Any
from uuid import UUID

{% if cookiecutter.views == "classes" %}
from flask.views import MethodView

{% endif %}
from app.core.api import Blueprint
{% if cookiecutter.auth == "jwt" %}
from app.core.security import SUPERUSER
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
@blp.arguments(schemas.UserCreate)
@blp.response(201, schemas.UserRead)
{% if cookiecutter.auth == "jwt" %}
@blp.access(SUPERUSER)
{% endif %}
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
{% if cookiecutter.auth == "jwt" %}
@blp.alt_response(403)
{% endif %}
def update_user(values: dict[str, Any], user_id: UUID) -> User:
    """Change a user."""
    user = services.get_user(user_id)
    blp.check_etag(user, schemas.UserRead)
    return services.update_user(user, values)


@blp.delete("/<uuid:user_id>")
@blp.etag
@blp.response(204)
{% if cookiecutter.auth == "jwt" %}
@blp.access(SUPERUSER)
{% endif %}
def delete_user(user_id: UUID) -> None:
    """Delete a user."""
    user = services.get_user(user_id)
    blp.check_etag(user, schemas.UserRead)
    services.delete_user(user)
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
    @blp.arguments(schemas.UserCreate)
    @blp.response(201, schemas.UserRead)
{% if cookiecutter.auth == "jwt" %}
    @blp.access(SUPERUSER)
{% endif %}
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
{% if cookiecutter.auth == "jwt" %}
    @blp.alt_response(403)
{% endif %}
    def patch(self, values: dict[str, Any], user_id: UUID) -> User:
        """Change a user."""
        user = services.get_user(user_id)
        blp.check_etag(user, schemas.UserRead)
        return services.update_user(user, values)

    @blp.etag
    @blp.response(204)
{% if cookiecutter.auth == "jwt" %}
    @blp.access(SUPERUSER)
{% endif %}
    def delete(self, user_id: UUID) -> None:
        """Delete a user."""
        user = services.get_user(user_id)
        blp.check_etag(user, schemas.UserRead)
        services.delete_user(user)
{% endif %}
