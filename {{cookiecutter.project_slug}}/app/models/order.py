{% extends "app/orders/models.py" %}
