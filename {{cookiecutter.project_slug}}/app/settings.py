"""Every setting, read from the environment and checked at start.

To add a setting, add a line to `Settings` and one to `.env.example`.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from types import UnionType
from typing import Any, get_args, get_type_hints

from click import ClickException
from environs import Env, EnvError, validate
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.core.engine import DRIVER, EXAMPLE

ROOT = Path(__file__).resolve().parent.parent
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

{% if cookiecutter.database == "mysql" %}
SERVER = f"{DRIVER}://root:root@127.0.0.1:3306"
{% endif %}
# What a setting is when its variable is not set, beside the defaults of `Settings`.
DEFAULTS: dict[str, dict[str, Any]] = {
{% if cookiecutter.database == "sqlite" %}
    "development": {"DATABASE_URL": "sqlite:///app.sqlite3"},
    "testing": {"DATABASE_URL": "sqlite://", "SECRET_KEY": token_urlsafe(32)},
{% elif cookiecutter.database == "postgresql" %}
    "development": {"DATABASE_URL": f"{DRIVER}://embedded/postgres"},
    "testing": {
        "DATABASE_URL": f"{DRIVER}://embedded/postgres",
        "SECRET_KEY": token_urlsafe(32),
    },
{% else %}
    "development": {
        "DATABASE_URL": f"{SERVER}/{{ cookiecutter.project_slug | replace('-', '_') }}",
    },
    "testing": {
        "DATABASE_URL": SERVER,
        "SECRET_KEY": token_urlsafe(32),
    },
{% endif %}
    "production": {"DOCS_ENABLED": False},
}


class SettingsError(ClickException):
    """A setting that is missing or cannot work; the message names its variable."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings: environment variables, and keys of `app.config`, by these names."""

    SECRET_KEY: str
{% if cookiecutter.database == "sqlite" %}
    DATABASE_URL: str  # a relative path is relative to instance/
{% else %}
    DATABASE_URL: str
    DATABASE_POOL_SIZE: int = 5  # connections that each process keeps open
    DATABASE_MAX_OVERFLOW: int = 10  # further ones, while they are needed
{% endif %}
    APP_ENV: str = "development"
    LOG_LEVEL: str = "INFO"
    DOCS_ENABLED: bool = True
    MAX_CONTENT_LENGTH: int = 1024 * 1024  # bytes in the body of a request

    def __post_init__(self) -> None:
        """Refuse what cannot work. Raises SettingsError."""
        if self.LOG_LEVEL.upper() not in LOG_LEVELS:
            raise SettingsError(f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}.")
        if self.MAX_CONTENT_LENGTH < 1:
            raise SettingsError("MAX_CONTENT_LENGTH must be 1 or more.")
        if len(self.SECRET_KEY.strip()) < 32:
            raise SettingsError(
                "SECRET_KEY must be a random text of 32 characters or more. Make one: "
                'python -c "import secrets; print(secrets.token_urlsafe(32))"'
            )
        try:
            url = make_url(self.DATABASE_URL)
            url.get_dialect()().create_connect_args(url)
            named = url.database or self.APP_ENV == "testing"
            fits = url.drivername == DRIVER and bool(named)
        except (ArgumentError, ImportError, TypeError, ValueError):
            fits = False
        if not fits:
            raise SettingsError(
                f"DATABASE_URL must begin with {DRIVER}:// and look like {EXAMPLE}."
            )


def load_settings() -> Settings:
    """Read the environment, else `.env` (not in production). Raises SettingsError."""
    env = Env()
    if os.environ.get("APP_ENV") != "production":
        env.read_env(ROOT / ".env", recurse=False)
    try:
        app_env = env.str("APP_ENV", "development", validate=validate.OneOf(DEFAULTS))
        values: dict[str, Any] = {}
        for name, kind in get_type_hints(Settings).items():
            default = DEFAULTS[app_env].get(name, getattr(Settings, name, ...))
            if isinstance(kind, UnionType):  # str | None
                kind = get_args(kind)[0]
            read = getattr(env, kind.__name__)  # env.str, env.bool or env.int
            # Tests must never touch the database of the service.
            testing = (app_env, name) == ("testing", "DATABASE_URL")
            values[name] = read("TEST_DATABASE_URL" if testing else name, default)
    except EnvError as error:
        text = str(error).rstrip(".")
        raise SettingsError(f"{text}. .env.example explains it.") from None
    return Settings(**values)
