"""The endpoints of signing in and out."""

from typing import Any

from flask import Response
{% if cookiecutter.views == "classes" %}
from flask.views import MethodView
{% endif %}

from app.core import limits, security
from app.core.api import API_PREFIX, Blueprint
from app.core.security import ANYONE
{% if cookiecutter.layout == "domain" %}
from app.users.models import User
from app.users.schemas import UserRead

from . import schemas, services
{% else %}
from app.models.user import User
from app.schemas import auth as schemas
from app.schemas.user import UserRead
from app.services import auth as services
{% endif %}

blp = Blueprint("auth", __name__, url_prefix="/auth", description="Signing in and out")


@blp.after_request
def keep_out_of_caches(response: Response) -> Response:
    """Let nobody store a token, as RFC 6749 asks for."""
    response.cache_control.no_store = True
    return response


{% if cookiecutter.views == "functions" %}
@blp.post("/register")
@limits.by_address("LOGIN_LIMIT")
@blp.etag
@blp.arguments(schemas.Registration)
@blp.response(201, UserRead)
@blp.alt_response(403)
@blp.alt_response(429)
@blp.access(ANYONE)
def register(values: dict[str, Any]) -> tuple[User, int, dict[str, str]]:
    """Register a new user."""
    user = services.register(values)
    return user, 201, {"Location": f"{API_PREFIX}/users/{user.id}"}


@blp.post("/login")
@limits.by_address("LOGIN_LIMIT")
@blp.arguments(schemas.Credentials)
@blp.response(200, schemas.Tokens)
@blp.alt_response(401)
@blp.alt_response(429)
@blp.access(ANYONE)
def login(values: dict[str, Any]) -> dict[str, Any]:
    """Sign in."""
    with limits.failures_of(values["email"]):
        return services.sign_in(**values)


@blp.post("/refresh")
@limits.by_address("REFRESH_LIMIT")
@blp.arguments(schemas.RefreshToken)
@blp.response(200, schemas.Tokens)
@blp.alt_response(401)
@blp.alt_response(429)
@blp.access(ANYONE)
def refresh(values: dict[str, Any]) -> dict[str, Any]:
    """Exchange a refresh token for new tokens."""
    return services.refresh(values["refresh_token"])


@blp.post("/logout")
@blp.arguments(schemas.SignOutQuery, location="query")
@blp.response(204)
def logout(query: dict[str, Any]) -> None:
    """Sign out, on this device or everywhere."""
    services.sign_out(**query)


@blp.get("/me")
@blp.etag
@blp.response(200, UserRead)
def me() -> User:
    """Get the user who asks."""
    return security.caller()


@blp.post("/password")
@blp.arguments(schemas.PasswordChange)
@blp.response(204)
@blp.alt_response(429)
def change_password(values: dict[str, Any]) -> None:
    """Change the password, and sign out everywhere."""
    with limits.failures_of(str(security.caller().id)):
        services.change_password(values["current_password"], values["new_password"])
{% else %}
@blp.route("/register")
class Register(MethodView):
    """Signing up."""

    @limits.by_address("LOGIN_LIMIT")
    @blp.etag
    @blp.arguments(schemas.Registration)
    @blp.response(201, UserRead)
    @blp.alt_response(403)
    @blp.alt_response(429)
    @blp.access(ANYONE)
    def post(self, values: dict[str, Any]) -> tuple[User, int, dict[str, str]]:
        """Register a new user."""
        user = services.register(values)
        return user, 201, {"Location": f"{API_PREFIX}/users/{user.id}"}


@blp.route("/login")
class Login(MethodView):
    """Signing in."""

    @limits.by_address("LOGIN_LIMIT")
    @blp.arguments(schemas.Credentials)
    @blp.response(200, schemas.Tokens)
    @blp.alt_response(401)
    @blp.alt_response(429)
    @blp.access(ANYONE)
    def post(self, values: dict[str, Any]) -> dict[str, Any]:
        """Sign in."""
        with limits.failures_of(values["email"]):
            return services.sign_in(**values)


@blp.route("/refresh")
class Refresh(MethodView):
    """Staying signed in."""

    @limits.by_address("REFRESH_LIMIT")
    @blp.arguments(schemas.RefreshToken)
    @blp.response(200, schemas.Tokens)
    @blp.alt_response(401)
    @blp.alt_response(429)
    @blp.access(ANYONE)
    def post(self, values: dict[str, Any]) -> dict[str, Any]:
        """Exchange a refresh token for new tokens."""
        return services.refresh(values["refresh_token"])


@blp.route("/logout")
class Logout(MethodView):
    """Signing out."""

    @blp.arguments(schemas.SignOutQuery, location="query")
    @blp.response(204)
    def post(self, query: dict[str, Any]) -> None:
        """Sign out, on this device or everywhere."""
        services.sign_out(**query)


@blp.route("/me")
class Me(MethodView):
    """The user who asks."""

    @blp.etag
    @blp.response(200, UserRead)
    def get(self) -> User:
        """Get the user who asks."""
        return security.caller()


@blp.route("/password")
class Password(MethodView):
    """The password of the user who asks."""

    @blp.arguments(schemas.PasswordChange)
    @blp.response(204)
    @blp.alt_response(429)
    def post(self, values: dict[str, Any]) -> None:
        """Change the password, and sign out everywhere."""
        with limits.failures_of(str(security.caller().id)):
            services.change_password(values["current_password"], values["new_password"])
{% endif %}
