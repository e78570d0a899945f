{% extends "dialect/" ~ cookiecutter.database ~ ".py" %}
