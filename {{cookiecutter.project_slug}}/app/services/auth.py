{% extends "app/auth/services.py" %}
