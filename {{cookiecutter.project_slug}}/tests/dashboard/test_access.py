"""Who sees the dashboard."""

import re

from flask import Flask
from flask.testing import FlaskClient

from tests.dashboard.conftest import call


def test_every_rule_is_closed(app: Flask, anonymous: FlaskClient) -> None:
    """Most rules are Dash's own: one that comes with another version is closed too."""
    rules = [r for r in app.url_map.iter_rules() if "/dashboard" in r.rule]
    assert len(rules) > 8
    for rule in rules:
        path = re.sub("<[^>]+>", "x", rule.rule)
        if rule.endpoint.startswith("dashboard-session."):
            continue
        for method in rule.methods or ():
            answer = anonymous.open(path, method=method)
            assert answer.status_code == 401, (method, path)
    assert call(anonymous, "orders-per-day.figure").status_code == 401


def test_only_superusers_see_it(
    client: FlaskClient, user_client: FlaskClient, viewer: FlaskClient
) -> None:
    assert viewer.get("/dashboard/").status_code == 200
    for api_client in (client, user_client):
        assert api_client.get("/dashboard/").status_code == 401


def test_other_sites_are_refused(viewer: FlaskClient) -> None:
    viewer.environ_base["HTTP_SEC_FETCH_SITE"] = "cross-site"
    assert call(viewer, "orders-per-day.figure").status_code == 403
