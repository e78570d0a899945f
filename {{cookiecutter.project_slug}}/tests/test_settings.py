"""Settings are checked at start."""

from secrets import token_urlsafe

import pytest

from app.settings import EXAMPLE_URL, SettingsError, load_settings

GOOD = {"SECRET_KEY": token_urlsafe(32), "DATABASE_URL": EXAMPLE_URL}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", None),
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "x" * 64),
        ("SECRET_KEY", "0123456789abcdef" * 2),
        ("SECRET_KEY", "change-me-to-something-secret-in-production"),
{% if cookiecutter.auth == "jwt" %}
        ("SECRET_KEY_FALLBACKS", "short"),
        ("LOGIN_LIMIT", "often"),
        ("ACCESS_TOKEN_SECONDS", "0"),
        ("REFRESH_TOKEN_DAYS", "0"),
        ("REFRESH_TOKEN_DAYS", "3000000"),
        ("LOGIN_LIMIT", "0 per minute"),
        ("RATELIMIT_STORAGE_URI", "foo://x"),
        ("SMTP_URL", "mail.example.com"),
        ("SMTP_URL", "http://mail.example.com"),
        ("SMTP_URL", "smtp://"),
        ("SMTP_URL", "smtp://mail.example.com:x"),
        ("SMTP_URL", "smtp://mail.example.com:65536"),
        ("SMTP_URL", "smtp://mail.example.com/inbox"),
        ("MAIL_FROM", "nobody"),
        ("MAIL_LIMIT", "often"),
        ("MAIL_TOKEN_MINUTES", "0"),
        ("MAIL_TOKEN_MINUTES", "1441"),
        ("FRONTEND_URL", "www.example.com"),
        ("FRONTEND_URL", "https://www.example.com/?page="),
        ("VERIFIED_EMAIL_REQUIRED", "perhaps"),
{% endif %}
        ("CORS_ORIGINS", "*"),
        ("TRUSTED_PROXIES", "-1"),
        ("DATABASE_URL", None),
        ("DATABASE_URL", "nonsense"),
        ("MAX_CONTENT_LENGTH", "much"),
        ("DOCS_ENABLED", "perhaps"),
        ("LOG_LEVEL", "LOUD"),
        ("APP_ENV", "prod"),
    ],
)
def test_production_refuses(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    for key, text in (GOOD | {"APP_ENV": "production", name: value}).items():
        if text is None:
            monkeypatch.delenv(key, raising=False)
        else:
            monkeypatch.setenv(key, text)
    with pytest.raises(SettingsError, match=name):
        load_settings()


{% if cookiecutter.database != "sqlite" %}
{% set schemes = {"postgresql": ["postgres", "postgresql"], "mysql": ["mysql"]} %}
@pytest.mark.parametrize("scheme", {{ schemes[cookiecutter.database] | tojson }})
def test_url_of_a_provider(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    url = EXAMPLE_URL.replace(EXAMPLE_URL.partition(":")[0], scheme)
    for key, text in (GOOD | {"DATABASE_URL": url}).items():
        monkeypatch.setenv(key, text)
    monkeypatch.setenv("APP_ENV", "production")
    assert load_settings().DATABASE_URL == EXAMPLE_URL


@pytest.mark.parametrize("password", ["un@told", "un@to/ld", "un@to?ld"])
def test_at_sign_in_a_password(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    """The message names no part of the password."""
    url = EXAMPLE_URL.replace("password", password)
    for key, text in (GOOD | {"DATABASE_URL": url}).items():
        monkeypatch.setenv(key, text)
    monkeypatch.setenv("APP_ENV", "production")
    with pytest.raises(SettingsError, match="%40") as refused:
        load_settings()
    assert "un@" not in str(refused.value)
    assert "ld@" not in str(refused.value)


{% endif %}
def test_production_hides_docs(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, text in (GOOD | {"APP_ENV": "production"}).items():
        monkeypatch.setenv(key, text)
    assert load_settings().DOCS_ENABLED is False


def test_tests_have_their_own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_ENV", "testing")
    monkeypatch.setenv("DATABASE_URL", EXAMPLE_URL)
    assert load_settings().DATABASE_URL != EXAMPLE_URL
