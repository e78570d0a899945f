"""Bearer tokens (RFC 6750): who asks is known by an access token in `Authorization`."""

from uuid import UUID

from flask import Request

from app.core.identity import sign_ins, tokens
from app.core.identity.errors import HOW, BadToken
from app.core.identity.models import Account

NAME, HEADER = "bearer", "Authorization"
SCHEME = {  # in OpenAPI
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": f"The `access_token` that one gets {HOW} with address and password",
}
CHALLENGE = "Bearer"  # in WWW-Authenticate


def read(request: Request) -> tuple[Account, UUID]:
    """Return the user and the sign-in of the token, by its id. Raises BadToken."""
    try:
        given = request.authorization
    except ValueError as error:  # bytes that are no text
        raise BadToken from error
    if given is None or given.type != "bearer" or not given.token:
        raise BadToken
    claims = tokens.decode(given.token, tokens.ACCESS)
    user, previous_hash = sign_ins.find(claims)
    sign_ins.end_repeats(claims, previous_hash)
    return user, UUID(claims["sid"])
