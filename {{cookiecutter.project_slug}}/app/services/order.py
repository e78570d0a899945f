{% extends "app/orders/services.py" %}
