"""Every setting, read from the environment and checked at start.

To add a setting, add a line to `Settings` and one to `.env.example`.
"""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import Annotated, Any, get_type_hints

from click import ClickException
from environs import Env, EnvError
{% if cookiecutter.auth == "jwt" %}
from limits import parse_many
{% endif %}
from marshmallow import ValidationError
from marshmallow.validate import OneOf, Range, Regexp
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

ROOT = Path(__file__).resolve().parent.parent

{% if cookiecutter.database == "sqlite" %}
DRIVER = "sqlite"
EXAMPLE_URL = "sqlite:////var/lib/service/app.sqlite3"
DEVELOPMENT_URL, TESTING_URL = "sqlite:///app.sqlite3", "sqlite://"
{% elif cookiecutter.database == "postgresql" %}
DRIVER, GIVEN_BY_PROVIDERS = "postgresql+psycopg", "postgres(ql)?://"
EXAMPLE_URL = "postgresql+psycopg://user:password@localhost:5432/app"
DEVELOPMENT_URL = TESTING_URL = "postgresql+psycopg://embedded/postgres"
{% else %}
DRIVER, GIVEN_BY_PROVIDERS = "mysql+pymysql", "mysql://"
EXAMPLE_URL = "mysql+pymysql://user:password@localhost:3306/app"
TESTING_URL = "mysql+pymysql://root:root@127.0.0.1:3306"
DEVELOPMENT_URL = f"{TESTING_URL}/{{ cookiecutter.project_slug | replace('-', '_') }}"
{% endif %}
# What a setting is when its variable is not set, beside the defaults of `Settings`.
DEFAULTS: dict[str, dict[str, Any]] = {
    "development": {"DATABASE_URL": DEVELOPMENT_URL},
    "testing": {"DATABASE_URL": TESTING_URL, "SECRET_KEY": token_urlsafe(32)},
{% if cookiecutter.dashboard == "dash" and cookiecutter.auth == "none" %}
    "production": {"DOCS_ENABLED": False, "DASHBOARD_ENABLED": False},
{% else %}
    "production": {"DOCS_ENABLED": False},
{% endif %}
}
NO_DATABASE = f"must begin with {DRIVER}:// and look like {EXAMPLE_URL}."
{% if cookiecutter.database != "sqlite" %}
ESCAPED = "has more than one @: write that of a password as %40."
{% endif %}
BOUNDS = "must be {min} to {max}."
LOG_LEVELS = re.compile("(DEBUG|INFO|WARNING|ERROR|CRITICAL)$", re.IGNORECASE)
NO_LEVEL = "must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL."
ORIGIN = r"https?://[\w.:-]+$"  # RFC 6454: without path and *
NO_ORIGIN = "must be origins, with commas between: https://www.example.com"
{% if cookiecutter.auth == "jwt" %}
STORE = "memory://$|rediss?://."
NO_STORE = "must look like redis://localhost:6379, or be memory://"
PAGES = r"https?://[\w.:-]+(/[\w./~-]*)?$"
FRONTEND, NO_PAGES = "http://127.0.0.1:8000", "must look like https://example.com"
ADDRESS = r"[^@\s]+@[\w.-]+$"
NO_ADDRESS = "must look like noreply@example.com"
NO_MAIL_SERVER = "must look like smtp://user:password@host:587, or be empty."
{% endif %}


class SettingsError(ClickException):
    """A setting that is missing or cannot work; the message names its variable."""


def check_secret(secret: str) -> None:
    """Refuse a secret that is short, a sample, or a text that repeats itself."""
    sample = re.search("change|example|sample|secret|password", secret.lower())
    repeated = re.fullmatch(r"(.+?)\1+", secret) or len(set(secret)) < 8
    if len(secret.strip()) < 32 or sample or repeated:
        raise ValidationError(
            "must be a random text of 32 characters or more. Make one: "
            'python -c "import secrets; print(secrets.token_urlsafe(32))"'
        )


def check_database_url(text: str) -> None:
    """Refuse a URL that the driver of this service cannot read."""
    with suppress(ArgumentError, ImportError, TypeError, ValueError):
        url = make_url(text)
{% if cookiecutter.database != "sqlite" %}
        # The driver's error would show what follows the @ of a password as the host.
        if text.count("@") > 1 + (url.username or "").count("@"):
            raise ValidationError(ESCAPED)
{% endif %}
        url.get_dialect()().create_connect_args(url)
        if url.drivername == DRIVER:
            return
    raise ValidationError(NO_DATABASE)
{% if cookiecutter.auth == "jwt" %}


def check_rate_limit(text: str) -> None:
    """Refuse what is no rate limit, or one that lets nothing through."""
    with suppress(ValueError):
        if min(limit.amount for limit in parse_many(text)) > 0:
            return
    raise ValidationError("must look like: 60 per minute")


def check_smtp_url(text: str) -> None:
    """Refuse what names no mail server; empty is none."""
    with suppress(ArgumentError, ValueError):
        url = make_url(text or "smtp://none")
        named = bool(re.fullmatch(r"[\w.:-]+", url.host or "", re.ASCII))
        known = url.drivername in {"smtp", "smtps"} and 0 < (url.port or 1) < 65536
        if named and known and not url.database and not url.query:
            return
    raise ValidationError(NO_MAIL_SERVER)
{% endif %}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings: environment variables, and keys of `app.config`, by these names.

    `.env.example` says what each is. The rule beside a type, a validator of
    marshmallow, holds for each item of a tuple.
    """

    SECRET_KEY: Annotated[str, check_secret]
    DATABASE_URL: Annotated[str, check_database_url]
    WEB_THREADS: Annotated[int, Range(1, 65535, error=BOUNDS)] = 4
{% if cookiecutter.database != "sqlite" %}
    DATABASE_POOL_SIZE: Annotated[int, Range(0, 65535, error=BOUNDS)] = 0  # WEB_THREADS
    DATABASE_MAX_OVERFLOW: Annotated[int, Range(0, 65535, error=BOUNDS)] = 2
{% endif %}
    APP_ENV: str = "development"
    LOG_LEVEL: Annotated[str, Regexp(LOG_LEVELS, error=NO_LEVEL)] = "INFO"
    DOCS_ENABLED: bool = True
{% if cookiecutter.dashboard == "dash" %}
    DASHBOARD_ENABLED: bool = True
{% endif %}
    TRUSTED_HOSTS: tuple[str, ...] = ()
    MAX_CONTENT_LENGTH: Annotated[int, Range(1, 2**40, error=BOUNDS)] = 1024 * 1024
    CORS_ORIGINS: Annotated[tuple[str, ...], Regexp(ORIGIN, error=NO_ORIGIN)] = ()
    TRUSTED_PROXIES: Annotated[int, Range(0, 100, error=BOUNDS)] = 0
{% if cookiecutter.auth == "jwt" %}
    SECRET_KEY_FALLBACKS: Annotated[tuple[str, ...], check_secret] = ()
    REGISTRATION_ENABLED: bool = True
    ACCESS_TOKEN_SECONDS: Annotated[int, Range(1, 604_800, error=BOUNDS)] = 15 * 60
    REFRESH_REPEAT_SECONDS: Annotated[int, Range(0, 300, error=BOUNDS)] = 10
    SIGN_IN_DAYS: Annotated[int, Range(1, 3650, error=BOUNDS)] = 90
    REFRESH_TOKEN_DAYS: Annotated[int, Range(1, 3650, error=BOUNDS)] = 30  # without use
    LOGIN_LIMIT: Annotated[str, check_rate_limit] = "60 per minute"
    LOGIN_FAILURE_LIMIT: Annotated[str, check_rate_limit] = "10 per 15 minutes"
    LOGIN_ACCOUNT_LIMIT: Annotated[str, check_rate_limit] = "100 per 15 minutes"
    REFRESH_LIMIT: Annotated[str, check_rate_limit] = "120 per minute"
    RATELIMIT_STORAGE_URI: Annotated[str, Regexp(STORE, error=NO_STORE)] = "memory://"
    SMTP_URL: Annotated[str, check_smtp_url] = ""
    MAIL_FROM: Annotated[str, Regexp(ADDRESS, error=NO_ADDRESS)] = "noreply@localhost"
    MAIL_LIMIT: Annotated[str, check_rate_limit] = "5 per minute"
    MAIL_TOKEN_MINUTES: Annotated[int, Range(1, 1440, error=BOUNDS)] = 30
    FRONTEND_URL: Annotated[str, Regexp(PAGES, error=NO_PAGES)] = FRONTEND
    VERIFIED_EMAIL_REQUIRED: bool = False
{% endif %}

    def __post_init__(self) -> None:
        """Refuse what cannot work. Raises SettingsError."""
        for name, hint in get_type_hints(Settings, include_extras=True).items():
            value = getattr(self, name)
            for rule in getattr(hint, "__metadata__", ()):
                try:
                    for item in value if isinstance(value, tuple) else [value]:
                        rule(item)
                except ValidationError as error:
                    raise SettingsError(f"{name} {error.messages[0]}") from None
        # The tests make databases of their own on a server.
        if self.APP_ENV != "testing" and not make_url(self.DATABASE_URL).database:
            raise SettingsError(f"DATABASE_URL {NO_DATABASE}")


def load_settings() -> Settings:
    """Read the environment, else `.env` (not in production). Raises SettingsError."""
    env = Env()
    if os.environ.get("APP_ENV") != "production":
        env.read_env(ROOT / ".env", recurse=False)
    readers: dict[Any, Any] = {str: env.str, bool: env.bool, int: env.int}
    values: dict[str, Any] = {}
    try:
        app_env = env.str("APP_ENV", "development", validate=OneOf(DEFAULTS))
        for name, hint in get_type_hints(Settings).items():
            # Tests must never touch the database of the service.
            testing = (app_env, name) == ("testing", "DATABASE_URL")
            default = DEFAULTS[app_env].get(name, getattr(Settings, name, ...))
            variable = "TEST_DATABASE_URL" if testing else name
            if hint == tuple[str, ...]:  # written with commas
                items = env.list(variable, default)
                values[name] = tuple(item.strip() for item in items)
            else:
                values[name] = readers[hint](variable, default)
{% if cookiecutter.database != "sqlite" %}
        given, driver = values["DATABASE_URL"], f"{DRIVER}://"
        values["DATABASE_URL"] = re.sub(f"^{GIVEN_BY_PROVIDERS}", driver, given)
{% endif %}
    except EnvError as error:
        text = str(error).rstrip(".")
        raise SettingsError(f"{text}. .env.example explains it.") from None
    return Settings(**values)
