{% extends "app/users/commands.py" %}
