"""The endpoints of signing in and out; registering is in the views of users."""

from typing import Any

from flask import Response, g
{% if cookiecutter.views == "classes" %}
from flask.views import MethodView
{% endif %}

from app.core.identity import rate_limits, schemas, services, sign_ins
from app.core.identity.blueprint import ANYONE, Blueprint
from app.core.identity.permissions import caller

blp = Blueprint("auth", __name__, url_prefix="/auth", description="Signing in and out")


@blp.after_request
def keep_out_of_caches(response: Response) -> Response:
    """Let nobody store a token, as RFC 6749 asks for."""
    response.cache_control.no_store = True
    return response


{% if cookiecutter.views == "functions" %}
@blp.post("/login")
@rate_limits.by_address("LOGIN_LIMIT")
@blp.arguments(schemas.Credentials)
@blp.response(200, schemas.Tokens)
@blp.alt_response(401)
@blp.alt_response(429)
@blp.access(ANYONE)
def login(values: dict[str, Any]) -> dict[str, Any]:
    """Sign in."""
    with rate_limits.failures_of(values["email"]):
        return services.sign_in(**values)


@blp.post("/refresh")
@rate_limits.by_address("REFRESH_LIMIT")
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
    sign_ins.sign_out(g.sign_in, **query)


@blp.post("/password")
@blp.arguments(schemas.PasswordChange)
@blp.response(204)
@blp.alt_response(429)
def change_password(values: dict[str, Any]) -> None:
    """Change the password, and sign out everywhere."""
    user = caller()
    with rate_limits.failures_of(str(user.id)):
        services.change_password(user, **values)
{% else %}
@blp.route("/login")
class Login(MethodView):
    """Signing in."""

    @rate_limits.by_address("LOGIN_LIMIT")
    @blp.arguments(schemas.Credentials)
    @blp.response(200, schemas.Tokens)
    @blp.alt_response(401)
    @blp.alt_response(429)
    @blp.access(ANYONE)
    def post(self, values: dict[str, Any]) -> dict[str, Any]:
        """Sign in."""
        with rate_limits.failures_of(values["email"]):
            return services.sign_in(**values)


@blp.route("/refresh")
class Refresh(MethodView):
    """Staying signed in."""

    @rate_limits.by_address("REFRESH_LIMIT")
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
        sign_ins.sign_out(g.sign_in, **query)


@blp.route("/password")
class Password(MethodView):
    """The password of the user who asks."""

    @blp.arguments(schemas.PasswordChange)
    @blp.response(204)
    @blp.alt_response(429)
    def post(self, values: dict[str, Any]) -> None:
        """Change the password, and sign out everywhere."""
        user = caller()
        with rate_limits.failures_of(str(user.id)):
            services.change_password(user, **values)
{% endif %}
