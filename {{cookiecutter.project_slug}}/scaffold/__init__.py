"""Writes new resources: `./manage.py resource --help`. The service never imports it."""
