{% extends "app/auth/models.py" %}
