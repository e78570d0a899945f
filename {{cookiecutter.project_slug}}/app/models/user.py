{% extends "app/users/models.py" %}
