"""Every setting, read from the environment and checked at start.

To add a setting, add a line to `Settings` and one to `.env.example`.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from click import ClickException
from environs import Env, EnvError, validate
{% if cookiecutter.auth == "jwt" %}
from limits import parse_many
{% endif %}
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


RANGES = {
    "MAX_CONTENT_LENGTH": (1, 2**40),
    "TRUSTED_PROXIES": (0, 100),
{% if cookiecutter.auth == "jwt" %}
    "ACCESS_TOKEN_SECONDS": (1, 7 * 24 * 3600),
    "REFRESH_TOKEN_DAYS": (1, 3650),
{% endif %}
}
{% if cookiecutter.auth == "jwt" %}
SECRETS = ("SECRET_KEY", "SECRET_KEY_FALLBACKS")
{% else %}
SECRETS = ("SECRET_KEY",)
{% endif %}
ORIGIN = r"https?://[\w.:-]+"
SAMPLE = "change|example|sample|secret|password"
BAD_SECRET = (
    "must be a random text of 32 characters or more. Make one: "
    'python -c "import secrets; print(secrets.token_urlsafe(32))"'
)


class SettingsError(ClickException):
    """A setting that is missing or cannot work; the message names its variable."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings: environment variables, and keys of `app.config`, by these names."""

    SECRET_KEY: str
{% if cookiecutter.auth == "jwt" %}
    SECRET_KEY_FALLBACKS: tuple[str, ...] = ()  # old ones, which still verify tokens
{% endif %}
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
    CORS_ORIGINS: tuple[str, ...] = ()  # web pages that may call the API
    TRUSTED_PROXIES: int = 0  # how many of them add X-Forwarded-For and -Proto
{% if cookiecutter.auth == "jwt" %}
    REGISTRATION_ENABLED: bool = True  # whether anybody may make an account
    ACCESS_TOKEN_SECONDS: int = 15 * 60
    REFRESH_TOKEN_DAYS: int = 30  # without use
    LOGIN_LIMIT: str = "60 per minute"  # sign-ins, and registrations, from an address
    LOGIN_FAILURE_LIMIT: str = "10 per 15 minutes"  # wrong passwords of an account
    REFRESH_LIMIT: str = "120 per minute"  # from an address
    RATELIMIT_STORAGE_URI: str = "memory://"  # of each process; or redis://host:6379
{% endif %}

    def __post_init__(self) -> None:
        """Refuse what cannot work. Raises SettingsError."""
        if self.LOG_LEVEL.upper() not in LOG_LEVELS:
            raise SettingsError(f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}.")
        for name, (least, most) in RANGES.items():
            if not least <= getattr(self, name) <= most:
                raise SettingsError(f"{name} must be {least} to {most}.")
        if not all(re.fullmatch(ORIGIN, origin) for origin in self.CORS_ORIGINS):
            raise SettingsError(
                "CORS_ORIGINS must be origins, without path and *, with commas between: "
                "https://www.example.com"
            )
        for name in SECRETS:
            given = getattr(self, name)
            for secret in [given] if isinstance(given, str) else given:
                repeated = secret in (secret + secret)[1:-1] or len(set(secret)) < 8
                weak = repeated or re.search(SAMPLE, secret.lower())
                production = self.APP_ENV == "production"
                if len(secret.strip()) < 32 or (production and weak):
                    raise SettingsError(f"{name} {BAD_SECRET}")
{% if cookiecutter.auth == "jwt" %}
        for name in ("LOGIN_LIMIT", "LOGIN_FAILURE_LIMIT", "REFRESH_LIMIT"):
            try:
                limits = parse_many(getattr(self, name))
            except ValueError:
                limits = []
            if not limits or min(limit.amount for limit in limits) < 1:
                raise SettingsError(f"{name} must look like: 60 per minute")
        if not re.match("memory://|rediss?://.", self.RATELIMIT_STORAGE_URI):
            raise SettingsError(
                "RATELIMIT_STORAGE_URI must look like redis://localhost:6379, "
                "or be memory://"
            )
{% endif %}
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
            # env.str, env.bool or env.int; a tuple is written with commas
            name_of_kind = "list" if get_origin(kind) is tuple else kind.__name__
            read = getattr(env, name_of_kind)
            # Tests must never touch the database of the service.
            testing = (app_env, name) == ("testing", "DATABASE_URL")
            value = read("TEST_DATABASE_URL" if testing else name, default)
            if isinstance(value, list):
                value = tuple(item.strip() for item in value)
            values[name] = value
    except EnvError as error:
        text = str(error).rstrip(".")
        raise SettingsError(f"{text}. .env.example explains it.") from None
    return Settings(**values)
