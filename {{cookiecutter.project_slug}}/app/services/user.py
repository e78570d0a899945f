{% extends "app/users/services.py" %}
