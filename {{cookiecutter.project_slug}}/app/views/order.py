{% extends "app/orders/views.py" %}
