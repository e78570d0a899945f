"""The application factory."""

import os
from collections.abc import Iterable
from functools import partial

import flask_smorest
from flask import Blueprint, Flask

from app.core import (
    api,
    cli,
    docs,
    engine,
    errors,
    hardening,
    health,
{% if cookiecutter.auth == "jwt" %}
    limits,
{% endif %}
    logging,
    migrations,
)
from app.core.database import db
from app.core.discovery import modules
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
    # Fields come in the order of their schema.
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    logging.configure(app)
    hardening.configure(app)
{% if cookiecutter.auth == "jwt" %}
    limits.configure(app)
{% endif %}
    register_database(app)
    register_routes(app, discover_routes() if routes is None else routes)
    errors.configure(app)  # after Flask-smorest, whose handler it replaces
    cli.configure(app)
    return app


def register_database(app: Flask) -> None:
    """Make the engine known to the models and to `flask db`."""
    app.config["SQLALCHEMY_DATABASE_URI"] = app.config["DATABASE_URL"]
    # An error in the log says the statement, and not what people wrote.
    options = {"hide_parameters": True} | engine.options(app.config)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    modules("models")  # importing a model adds its table to the metadata
    db.init_app(app)
    migrations.migrate.init_app(app, db)
    with app.app_context():
        engine.configure(db.engine)
        if hasattr(os, "register_at_fork"):  # a child gets connections of its own
            os.register_at_fork(after_in_child=partial(db.engine.dispose, close=False))


def register_routes(app: Flask, routes: Iterable[Blueprint]) -> None:
    """Serve the blueprints: those with an API below its prefix, pages where they say."""
    rest_api = api.Api(app)
    app.register_blueprint(health.blueprint)
    if app.config["DOCS_ENABLED"]:
        app.register_blueprint(docs.blueprint)
    for blueprint in routes:
        if isinstance(blueprint, api.Blueprint):
            prefix = api.API_PREFIX + (blueprint.url_prefix or "")
            rest_api.register_blueprint(blueprint, url_prefix=prefix)
        elif isinstance(blueprint, flask_smorest.Blueprint):
            raise TypeError(f"{blueprint.name}: take Blueprint from app.core.api")
        else:
            app.register_blueprint(blueprint)
    rest_api.complete()
    for rule in list(app.url_map.iter_rules()):
        path = rule.rule.rstrip("/")
        if path and path != rule.rule:  # every method, and 405, without the slash too
            methods = (rule.methods or set()) - {"OPTIONS"}
            app.add_url_rule(path, rule.endpoint, methods=methods)


def discover_routes() -> list[Blueprint]:
    """Return the blueprints that the view modules define."""
    values = [value for module in modules("views") for value in vars(module).values()]
    return [value for value in values if isinstance(value, Blueprint)]
