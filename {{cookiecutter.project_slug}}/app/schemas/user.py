{% extends "app/users/schemas.py" %}
