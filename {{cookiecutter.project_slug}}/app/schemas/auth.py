{% extends "app/auth/schemas.py" %}
