"""The application factory."""

import os
from collections.abc import Iterable
from functools import partial

import flask_smorest
from flask import Blueprint, Flask

from app.core import command_line
from app.core.data import alembic_environment, dialect
from app.core.data.foreign_keys import break_cycles
from app.core.data.session import READS, db
from app.core.discovery import instances, modules
{% if cookiecutter.auth == "jwt" %}
from app.core.identity import blueprint, guard, rate_limits
from app.core.web import (
{% else %}
from app.core.web import (
    blueprint,
{% endif %}
    docs_page,
    headers,
    health,
    openapi,
    problems,
    request_log,
    routing,
)
from app.core.web.blueprint import API_PREFIX
from app.core.web.cookie_session import CookieSession
from app.settings import Settings, load_settings


def create_app(
    settings: Settings | None = None, routes: Iterable[Blueprint] | None = None
) -> Flask:
    """Make the application; it opens no connection and starts nothing.

    `settings` are read from the environment when they are not given, `routes` are the
    blueprints of all resources. Raises SettingsError.
    """
    app = Flask("app")
    app.config.from_object(settings or load_settings())
    app.session_interface = CookieSession()
    # Fields come in the order of their schema.
    app.json.sort_keys = False  # type: ignore[attr-defined]
    routing.configure(app)
    request_log.configure(app)
    headers.configure(app)
    register_database(app)
    api = openapi.Api(app)
    register_blueprints(app, api, routes)
    routing.serve_without_final_slash(app)
    problems.configure(app)  # after Flask-smorest, whose handler it replaces
{% if cookiecutter.auth == "jwt" %}
    guard.configure(app, api.spec)
    rate_limits.configure(app)
{% endif %}
    command_line.configure(app)
    return app


def register_database(app: Flask) -> None:
    """Make the engine known to the models and to `flask db`."""
    app.config["SQLALCHEMY_DATABASE_URI"] = app.config["DATABASE_URL"]
    # An error in the log says the statement, and not what people wrote.
    options = {"hide_parameters": True} | dialect.options(app.config)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    modules("models")  # importing a model adds its table to the metadata
    break_cycles()
    db.init_app(app)
    alembic_environment.migrate.init_app(app, db)
    with app.app_context():
        dialect.configure(db.engine)
        app.extensions[READS] = dialect.for_reads(db.engine)
        if hasattr(os, "register_at_fork"):  # a child gets connections of its own
            os.register_at_fork(after_in_child=partial(db.engine.dispose, close=False))


def register_blueprints(
    app: Flask, api: openapi.Api, routes: Iterable[Blueprint] | None
) -> None:
    """Serve the blueprints: those of the API below its prefix, pages where they say.

    Raises TypeError for a Flask-smorest blueprint without the checks of ours.
    """
    app.register_blueprint(health.blueprint)
    if app.config["DOCS_ENABLED"]:
        app.register_blueprint(docs_page.blueprint)
    for route in instances("views", Blueprint) if routes is None else routes:
        if isinstance(route, blueprint.Blueprint):
            prefix = API_PREFIX + (route.url_prefix or "")
            api.register_blueprint(route, url_prefix=prefix)
        elif isinstance(route, flask_smorest.Blueprint):
            raise TypeError(f"{route.name}: take Blueprint from {blueprint.__name__}")
        else:
            app.register_blueprint(route)
