"""The exceptions of services; `web/problems.py` says what they mean in HTTP."""


class ServiceError(Exception):
    """What a service refuses, and which field of its input is at fault, if one is.

    `location` is the part of the request that has the field: json, query, headers or files.
    """

    def __init__(self, message: str, field: str = "", location: str = "json") -> None:
        super().__init__(message)
        self.field = field
        self.location = location


class NotFound(ServiceError):
    """The row does not exist or is deleted."""


class Conflict(ServiceError):
    """The change would break a rule between rows."""


class Invalid(ServiceError):
    """A value that only a look into the database can tell to be wrong."""
