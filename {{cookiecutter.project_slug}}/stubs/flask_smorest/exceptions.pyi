"""Types of the exceptions that the service handles."""

from typing import Any

from werkzeug.exceptions import HTTPException

class NotModified(HTTPException):
    data: dict[str, Any]
