"""The exceptions of authentication and authorization; `guard.py` answers them."""

from app.core.errors import ServiceError
from app.core.web.blueprint import API_PREFIX

HOW = f"by POST {API_PREFIX}/auth/login"


class Unauthorized(ServiceError):
    """Who asks is not known."""

    def __init__(self, message: str = f"A token is needed: sign in, {HOW}.") -> None:
        super().__init__(message)


class BadToken(Unauthorized):
    """The token is malformed, forged, expired, or its sign-in has ended."""

    def __init__(self) -> None:
        super().__init__(f"The token is not valid, or no longer: sign in, {HOW}.")


class Forbidden(ServiceError):
    """Who asks is known, and may not do this."""
