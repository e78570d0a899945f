{% extends "app/auth/views.py" %}
