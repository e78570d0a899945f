"""Demo data: `./manage.py seed --orders 20`."""

from collections.abc import Iterator
from decimal import Decimal
from random import choice, randrange
from uuid import uuid4

from click import ClickException
from sqlalchemy import select

from app.core.data.session import db
{% if cookiecutter.layout == "domain" %}
from app.users.models import User

from .models import Order, OrderStatus
{% else %}
from app.models.order import Order, OrderStatus
from app.models.user import User
{% endif %}

MODEL = Order


def seed(count: int) -> Iterator[Order]:
    """Yield new orders of rows that exist. Raises ClickException without any."""
    user_ids = db.session.scalars(select(User.id).limit(100)).all()
    if count and not user_ids:
        raise ClickException("Orders need users: add `--users 10`.")
    for _ in range(count):
        yield Order(
            number=uuid4().hex[:12],
            status=choice(list(OrderStatus)),
            total=Decimal(randrange(100, 100_000)) / 100,
            user_id=choice(user_ids),
        )
