"""Without sign-in, whoever reaches the dashboard sees it: off unless somebody wants it."""

import pytest
from flask import Flask

from app.settings import EXAMPLE_URL, load_settings
from tests.dashboard.conftest import other


def test_settings_of_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_ENV", "production")
    monkeypatch.setenv("SECRET_KEY", "0123456789abcdefghijklmnopqrstuvwxyz")
    monkeypatch.setenv("DATABASE_URL", EXAMPLE_URL)
    assert load_settings().DASHBOARD_ENABLED is False
    monkeypatch.setenv("DASHBOARD_ENABLED", "true")
    assert load_settings().DASHBOARD_ENABLED is True


def test_seen_where_it_is_on(app: Flask) -> None:
    on = other(app, APP_ENV="production", DASHBOARD_ENABLED=True)
    assert on.test_client().get("/dashboard/").status_code == 200
