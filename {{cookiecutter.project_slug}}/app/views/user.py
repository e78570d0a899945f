{% extends "app/users/views.py" %}
