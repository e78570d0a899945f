"""What `resource` refuses."""

from click import ClickException


class Refused(ClickException):
    """What cannot be made; the message says why, and what to type instead."""
