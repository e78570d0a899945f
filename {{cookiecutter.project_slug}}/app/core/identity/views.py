"""The endpoints of signing in and out; registering is in the views of users."""

from typing import Any
from uuid import UUID

from flask import g, request
{% if cookiecutter.views == "classes" %}
from flask.views import MethodView
{% endif %}

from app.core.identity import api_keys, rate_limits, schemas, services, sign_ins
from app.core.identity.blueprint import ANYONE, IN_PERSON, SUPERUSER, Blueprint
from app.core.identity.models import ApiKey, SignIn
from app.core.identity.permissions import caller

blp = Blueprint("auth", __name__, url_prefix="/auth", description="Signing in and out")


def client() -> dict[str, str]:
    """Return what is kept of who signs in: the address, and the name of the program."""
    agent = request.user_agent.string.encode("ascii", "replace").decode()
    return {"address": (request.remote_addr or "")[:50], "user_agent": agent[:200]}


{% if cookiecutter.views == "functions" %}
@blp.post("/login")
@rate_limits.by_address("LOGIN_LIMIT")
@blp.arguments(schemas.Credentials)
@blp.response(200, schemas.Tokens)
@blp.alt_response(401)
@blp.alt_response(403)
@blp.alt_response(429)
@blp.access(ANYONE)
def login(values: dict[str, Any]) -> dict[str, Any]:
    """Sign in."""
    return services.sign_in(**values, client=client())


@blp.post("/refresh")
@rate_limits.by_address("REFRESH_LIMIT")
@blp.arguments(schemas.RefreshToken)
@blp.response(200, schemas.Tokens)
@blp.alt_response(401)
@blp.alt_response(429)
@blp.access(ANYONE)
def refresh(values: dict[str, Any]) -> dict[str, Any]:
    """Exchange a refresh token for new tokens."""
    return services.refresh(values["refresh_token"], client())


@blp.post("/logout")
@blp.arguments(schemas.SignOutQuery, location="query")
@blp.response(204)
@blp.access(IN_PERSON)
def logout(query: dict[str, Any]) -> None:
    """Sign out, on this device or everywhere."""
    sign_ins.sign_out(caller(), g.sign_in_id, **query)


@blp.get("/sign-ins/")
@blp.arguments(schemas.SignInQuery, location="query")
@blp.response(200, schemas.SignInPage)
@blp.access(IN_PERSON)
def list_sign_ins(query: dict[str, Any]) -> dict[str, Any]:
    """List the sign-ins of the user who asks."""
    return sign_ins.list_of(SignIn, caller(), query)


@blp.delete("/sign-ins/<uuid:sign_in_id>")
@blp.response(204)
@blp.access(IN_PERSON)
def end_sign_in(sign_in_id: UUID) -> None:
    """End a sign-in of the user who asks."""
    sign_ins.end_own(SignIn, caller(), sign_in_id)


@blp.delete("/users/<uuid:user_id>/sign-ins")
@blp.response(204)
@blp.access(SUPERUSER)
def end_sign_ins(user_id: UUID) -> None:
    """End every sign-in and API key of a user."""
    sign_ins.end_access(user_id)


@blp.post("/password")
@rate_limits.by_address("LOGIN_LIMIT")
@blp.arguments(schemas.PasswordChange)
@blp.response(204)
@blp.alt_response(429)
@blp.access(IN_PERSON)
def change_password(values: dict[str, Any]) -> None:
    """Change the password, and sign out everywhere."""
    services.change_password(caller(), **values)


@blp.post("/forgotten-password")
@rate_limits.by_address("MAIL_LIMIT")
@blp.arguments(schemas.ForgottenPassword)
@blp.response(202)
@blp.alt_response(429)
@blp.access(ANYONE)
def forgotten_password(values: dict[str, Any]) -> None:
    """Ask for a mail with a token for a new password."""
    services.mail_password_token(**values)


@blp.post("/new-password")
@rate_limits.by_address("LOGIN_LIMIT")
@blp.arguments(schemas.NewPassword)
@blp.response(204)
@blp.alt_response(429)
@blp.access(ANYONE)
def new_password(values: dict[str, Any]) -> None:
    """Set a new password with a mailed token, and sign out everywhere."""
    services.reset_password(**values)


@blp.post("/verification")
@rate_limits.by_address("MAIL_LIMIT")
@blp.response(202)
@blp.alt_response(429)
def verification() -> None:
    """Ask for a mail with a token that confirms the address."""
    services.mail_verification(caller())


@blp.post("/verified-email")
@rate_limits.by_address("LOGIN_LIMIT")
@blp.arguments(schemas.MailedToken)
@blp.response(204)
@blp.alt_response(429)
@blp.access(ANYONE)
def verified_email(values: dict[str, Any]) -> None:
    """Confirm the address with a mailed token."""
    services.verify_email(**values)


@blp.get("/api-keys/")
@blp.arguments(schemas.ApiKeyQuery, location="query")
@blp.response(200, schemas.ApiKeyPage)
def list_api_keys(query: dict[str, Any]) -> dict[str, Any]:
    """List the API keys of the user who asks."""
    return sign_ins.list_of(ApiKey, caller(), query)


@blp.post("/api-keys/")
@rate_limits.by_address("LOGIN_LIMIT")
@blp.arguments(schemas.ApiKeyCreate)
@blp.response(201, schemas.ApiKeyCreated)
@blp.alt_response(429)
@blp.access(IN_PERSON)
def create_api_key(values: dict[str, Any]) -> dict[str, Any]:
    """Make an API key, which is shown this once."""
    services.confirm(caller(), values.pop("current_password"))
    return api_keys.create(caller(), **values, sign_in_id=g.sign_in_id)


@blp.delete("/api-keys/<uuid:api_key_id>")
@blp.response(204)
def end_api_key(api_key_id: UUID) -> None:
    """End an API key of the user who asks."""
    api_keys.end_own(caller(), api_key_id)
{% else %}
@blp.route("/login")
class Login(MethodView):
    """Signing in."""

    @rate_limits.by_address("LOGIN_LIMIT")
    @blp.arguments(schemas.Credentials)
    @blp.response(200, schemas.Tokens)
    @blp.alt_response(401)
    @blp.alt_response(403)
    @blp.alt_response(429)
    @blp.access(ANYONE)
    def post(self, values: dict[str, Any]) -> dict[str, Any]:
        """Sign in."""
        return services.sign_in(**values, client=client())


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
        return services.refresh(values["refresh_token"], client())


@blp.route("/logout")
class Logout(MethodView):
    """Signing out."""

    @blp.arguments(schemas.SignOutQuery, location="query")
    @blp.response(204)
    @blp.access(IN_PERSON)
    def post(self, query: dict[str, Any]) -> None:
        """Sign out, on this device or everywhere."""
        sign_ins.sign_out(caller(), g.sign_in_id, **query)


@blp.route("/sign-ins/")
class SignIns(MethodView):
    """The sign-ins of the user who asks."""

    @blp.arguments(schemas.SignInQuery, location="query")
    @blp.response(200, schemas.SignInPage)
    @blp.access(IN_PERSON)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List the sign-ins of the user who asks."""
        return sign_ins.list_of(SignIn, caller(), query)


@blp.route("/sign-ins/<uuid:sign_in_id>")
class OneSignIn(MethodView):
    """A sign-in of the user who asks."""

    @blp.response(204)
    @blp.access(IN_PERSON)
    def delete(self, sign_in_id: UUID) -> None:
        """End a sign-in of the user who asks."""
        sign_ins.end_own(SignIn, caller(), sign_in_id)


@blp.route("/users/<uuid:user_id>/sign-ins")
class SignInsOfUser(MethodView):
    """All access of a user."""

    @blp.response(204)
    @blp.access(SUPERUSER)
    def delete(self, user_id: UUID) -> None:
        """End every sign-in and API key of a user."""
        sign_ins.end_access(user_id)


@blp.route("/password")
class Password(MethodView):
    """The password of the user who asks."""

    @rate_limits.by_address("LOGIN_LIMIT")
    @blp.arguments(schemas.PasswordChange)
    @blp.response(204)
    @blp.alt_response(429)
    @blp.access(IN_PERSON)
    def post(self, values: dict[str, Any]) -> None:
        """Change the password, and sign out everywhere."""
        services.change_password(caller(), **values)


@blp.route("/forgotten-password")
class ForgottenPassword(MethodView):
    """A password that was forgotten."""

    @rate_limits.by_address("MAIL_LIMIT")
    @blp.arguments(schemas.ForgottenPassword)
    @blp.response(202)
    @blp.alt_response(429)
    @blp.access(ANYONE)
    def post(self, values: dict[str, Any]) -> None:
        """Ask for a mail with a token for a new password."""
        services.mail_password_token(**values)


@blp.route("/new-password")
class NewPassword(MethodView):
    """A password in place of a forgotten one."""

    @rate_limits.by_address("LOGIN_LIMIT")
    @blp.arguments(schemas.NewPassword)
    @blp.response(204)
    @blp.alt_response(429)
    @blp.access(ANYONE)
    def post(self, values: dict[str, Any]) -> None:
        """Set a new password with a mailed token, and sign out everywhere."""
        services.reset_password(**values)


@blp.route("/verification")
class Verification(MethodView):
    """Confirming an address."""

    @rate_limits.by_address("MAIL_LIMIT")
    @blp.response(202)
    @blp.alt_response(429)
    def post(self) -> None:
        """Ask for a mail with a token that confirms the address."""
        services.mail_verification(caller())


@blp.route("/verified-email")
class VerifiedEmail(MethodView):
    """An address that was confirmed."""

    @rate_limits.by_address("LOGIN_LIMIT")
    @blp.arguments(schemas.MailedToken)
    @blp.response(204)
    @blp.alt_response(429)
    @blp.access(ANYONE)
    def post(self, values: dict[str, Any]) -> None:
        """Confirm the address with a mailed token."""
        services.verify_email(**values)


@blp.route("/api-keys/")
class ApiKeys(MethodView):
    """The API keys of the user who asks."""

    @blp.arguments(schemas.ApiKeyQuery, location="query")
    @blp.response(200, schemas.ApiKeyPage)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List the API keys of the user who asks."""
        return sign_ins.list_of(ApiKey, caller(), query)

    @rate_limits.by_address("LOGIN_LIMIT")
    @blp.arguments(schemas.ApiKeyCreate)
    @blp.response(201, schemas.ApiKeyCreated)
    @blp.alt_response(429)
    @blp.access(IN_PERSON)
    def post(self, values: dict[str, Any]) -> dict[str, Any]:
        """Make an API key, which is shown this once."""
        services.confirm(caller(), values.pop("current_password"))
        return api_keys.create(caller(), **values, sign_in_id=g.sign_in_id)


@blp.route("/api-keys/<uuid:api_key_id>")
class OneApiKey(MethodView):
    """An API key of the user who asks."""

    @blp.response(204)
    def delete(self, api_key_id: UUID) -> None:
        """End an API key of the user who asks."""
        api_keys.end_own(caller(), api_key_id)
{% endif %}
