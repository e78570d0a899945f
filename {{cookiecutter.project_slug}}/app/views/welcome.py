{% extends "app/welcome/views.py" %}
