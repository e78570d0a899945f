{% extends "app/orders/seeds.py" %}
