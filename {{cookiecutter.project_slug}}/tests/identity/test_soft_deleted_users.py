"""Soft delete only hides: what ends somebody's access is said by columns of its own."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from app.core.data.session import db
{% if cookiecutter.layout == "domain" %}
from app.users.models import User
{% else %}
from app.models.user import User
{% endif %}
from tests.clients import with_token
from tests.users.factory import create_user

AUTH = "/api/v1/auth"
PASSWORD = "a lovely long password"


def test_a_row_that_is_brought_back_gives_no_access(
    app: Flask, client: FlaskClient, anonymous: FlaskClient
) -> None:
    user = create_user(client, password=PASSWORD)
    body = {"email": user.json["email"], "password": PASSWORD}
    issued = anonymous.post(f"{AUTH}/login", json=body).json
    headers = {"If-Match": user.headers["ETag"]}
    assert client.delete(user.headers["Location"], headers=headers).status_code == 204
    with app.app_context():
        back = update(User).values(deleted_at=None)
        db.session.execute(back.execution_options(include_deleted=True))
        db.session.commit()
    assert client.get(user.headers["Location"]).json["is_active"] is False
    revived = with_token(app, issued["access_token"])
    assert revived.get(f"{AUTH}/me").status_code == 401
    token = {"refresh_token": issued["refresh_token"]}
    assert anonymous.post(f"{AUTH}/refresh", json=token).status_code == 401
    assert anonymous.post(f"{AUTH}/login", json=body).status_code == 401
