{% extends "app/users/seeds.py" %}
