{% set models = "\nfrom .models" if cookiecutter.layout == "domain" else "from app.models.user" %}
"""What requests and answers say about users."""

from marshmallow import Schema
from marshmallow.validate import Length

{% if cookiecutter.auth == "jwt" %}
from app.core.identity.passwords import LONGEST_TYPED, Password
{% endif %}
from app.core.web import fields
from app.core.web.schemas import PageQuery, PageSchema, RowSchema
{{ models }} import User


class UserCreate(Schema):
    """What a new user needs."""

    email = fields.Email(required=True, validate=Length(max=254))
    name = fields.String(required=True, validate=Length(min=1, max=100))
    is_active = fields.Boolean(load_default=True)
{% if cookiecutter.auth == "jwt" %}
    is_superuser = fields.Boolean(load_default=False)
    password = Password()  # without one, the user cannot sign in


class Registration(Schema):
    """Who signs up."""

    email = fields.Email(required=True, validate=Length(max=254))
    name = fields.String(required=True, validate=Length(min=1, max=100))
    password = Password(required=True)
{% endif %}


class UserUpdate(Schema):
    """What can be changed of a user; what is left out stays."""

    email = fields.Email(validate=Length(max=254))
    name = fields.String(validate=Length(min=1, max=100))
    is_active = fields.Boolean()
{% if cookiecutter.auth == "jwt" %}
    is_superuser = fields.Boolean()
    # needed for another address of one's own
    current_password = fields.String(validate=Length(max=LONGEST_TYPED), load_only=True)
{% endif %}


class UserRead(RowSchema):
    """What is shown of a user."""

    email = fields.Email(required=True)
    name = fields.String(required=True)
    is_active = fields.Boolean(required=True)
{% if cookiecutter.auth == "jwt" %}
    is_superuser = fields.Boolean(required=True)
{% endif %}


class UserPage(PageSchema):
    """One page of the list of users."""

    items = fields.List(fields.Nested(UserRead), required=True)


class UserQuery(PageQuery):
    """Which users a list has, and in which order."""

    sort = fields.Sort(User)
    is_active = fields.Boolean()


class UserLookup(Schema):
    """By what a user is looked up."""

    email = fields.Email(required=True, validate=Length(max=254))
