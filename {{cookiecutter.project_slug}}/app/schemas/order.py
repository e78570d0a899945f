{% extends "app/orders/schemas.py" %}
