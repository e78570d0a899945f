{% extends "app/auth/commands.py" %}
