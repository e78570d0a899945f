"""Demo data: `./manage.py seed --users 20`."""

from collections.abc import Iterator
from random import choice
from uuid import uuid4

{% if cookiecutter.layout == "domain" %}
from .models import User
{% else %}
from app.models.user import User
{% endif %}

MODEL = User
NAMES = ("Ada", "Björn", "Chidi", "Dilek", "Eun-ji", "Fatima", "Grace", "Hiroshi")


def seed(count: int) -> Iterator[User]:
    """Yield new users, not stored yet."""
    for _ in range(count):
        email = f"{uuid4().hex[:12]}@example.com"
        yield User(name=choice(NAMES), email=email)
