"""Writes new resources: `./manage.py resource --help`. The service never imports it."""

from click import ClickException


class Refused(ClickException):
    """What cannot be made; the message says why, and what to type instead."""
