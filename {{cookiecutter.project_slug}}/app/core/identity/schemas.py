"""What requests and answers say about signing in."""

from marshmallow import Schema
from marshmallow.validate import Length, Range

from app.core.identity.models import ApiKey, SignIn
from app.core.identity.passwords import LONGEST_TYPED, Password
from app.core.web import fields
from app.core.web.schemas import PageQuery, PageSchema


class Credentials(Schema):
    """Who signs in."""

    email = fields.Email(required=True, validate=Length(max=254))
    password = fields.String(required=True, validate=Length(max=LONGEST_TYPED))


class RefreshToken(Schema):
    """What keeps somebody signed in; it can be used once."""

    refresh_token = fields.String(required=True, validate=Length(max=4096))


class Tokens(Schema):
    """What proves who asks, as RFC 6749 names it; times in seconds."""

    access_token = fields.String(required=True)
    refresh_token = fields.String(required=True)
    token_type = fields.String(required=True, metadata={"examples": ["Bearer"]})
    expires_in = fields.Integer(required=True)


class SignOutQuery(Schema):
    """What to sign out of."""

    everywhere = fields.Boolean(load_default=False)


class SignInRead(Schema):
    """What is shown of a sign-in: since when, from where, and when it was refreshed."""

    id = fields.UUID(required=True)
    created_at = fields.DateTime(required=True)
    used_at = fields.DateTime(required=True)
    address = fields.String(required=True)
    user_agent = fields.String(required=True)


class SignInPage(PageSchema):
    """One page of the list of sign-ins."""

    items = fields.List(fields.Nested(SignInRead), required=True)


class SignInQuery(PageQuery):
    """In which order the sign-ins come."""

    sort = fields.Sort(SignIn)


class ForgottenPassword(Schema):
    """Who has forgotten a password."""

    email = fields.Email(required=True, validate=Length(max=254))


class MailedToken(Schema):
    """What a mail brought; it can be used once."""

    token = fields.String(required=True, validate=Length(max=100))


class NewPassword(MailedToken):
    """A new password, for who has forgotten the old one."""

    new_password = Password(required=True)


class PasswordChange(Schema):
    """An old password and a new one."""

    current_password = fields.String(required=True, validate=Length(max=LONGEST_TYPED))
    new_password = Password(required=True)


class ApiKeyCreate(Schema):
    """What a new API key needs: a name, for how many days it is good, and who asks."""

    current_password = fields.String(required=True, validate=Length(max=LONGEST_TYPED))
    name = fields.String(required=True, validate=Length(min=1, max=100))
    days = fields.Integer(load_default=90, validate=Range(1, 365))


class ApiKeyRead(Schema):
    """What is shown of an API key."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    expires_at = fields.DateTime(required=True)
    used_at = fields.DateTime(required=True, allow_none=True)


class ApiKeyCreated(ApiKeyRead):
    """A new API key, and the one time that the key itself is shown."""

    key = fields.String(required=True)


class ApiKeyPage(PageSchema):
    """One page of the list of API keys."""

    items = fields.List(fields.Nested(ApiKeyRead), required=True)


class ApiKeyQuery(PageQuery):
    """In which order the API keys come."""

    sort = fields.Sort(ApiKey)
