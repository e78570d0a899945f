"""Removes the files of the answers that were not given, then itself.

The hook runs it; `scripts/setup.py` does where hooks are off.
"""

from pathlib import Path

# Files and never directories: a directory may also hold what a team put there.
OWNED = {
    ("layout", "domain"): [
        "app/auth/__init__.py",
        "app/auth/commands.py",
        "app/auth/models.py",
        "app/auth/schemas.py",
        "app/auth/services.py",
        "app/auth/views.py",
        "app/orders/__init__.py",
        "app/orders/models.py",
        "app/orders/schemas.py",
        "app/orders/seeds.py",
        "app/orders/services.py",
        "app/orders/views.py",
        "app/users/__init__.py",
        "app/users/models.py",
        "app/users/schemas.py",
        "app/users/seeds.py",
        "app/users/services.py",
        "app/users/views.py",
        "app/welcome/__init__.py",
        "app/welcome/static/welcome.css",
        "app/welcome/templates/welcome.html",
        "app/welcome/views.py",
    ],
    ("layout", "layer"): [
        "app/commands/__init__.py",
        "app/commands/auth.py",
        "app/models/__init__.py",
        "app/models/auth.py",
        "app/models/order.py",
        "app/models/user.py",
        "app/schemas/__init__.py",
        "app/schemas/auth.py",
        "app/schemas/order.py",
        "app/schemas/user.py",
        "app/seeds/__init__.py",
        "app/seeds/order.py",
        "app/seeds/user.py",
        "app/services/__init__.py",
        "app/services/auth.py",
        "app/services/order.py",
        "app/services/user.py",
        "app/static/welcome.css",
        "app/templates/welcome.html",
        "app/views/__init__.py",
        "app/views/auth.py",
        "app/views/order.py",
        "app/views/user.py",
        "app/views/welcome.py",
    ],
    ("database", "postgresql"): [
        "app/core/embedded.py",
    ],
    ("auth", "jwt"): [
        "app/auth/__init__.py",
        "app/auth/commands.py",
        "app/auth/models.py",
        "app/auth/schemas.py",
        "app/auth/services.py",
        "app/auth/views.py",
        "app/commands/__init__.py",
        "app/commands/auth.py",
        "app/core/limits.py",
        "app/core/passwords.py",
        "app/core/security.py",
        "app/core/tokens.py",
        "app/models/auth.py",
        "app/schemas/auth.py",
        "app/services/auth.py",
        "app/views/auth.py",
        "scaffold/templates/public.txt.jinja",
        "tests/auth/public.txt",
        "tests/auth/test_accounts.py",
        "tests/auth/test_every_operation.py",
        "tests/auth/test_passwords.py",
        "tests/auth/test_sign_in.py",
        "tests/clients.py",
    ],
}

ANSWERS = {
    "layout": "{{ cookiecutter.layout }}",
    "database": "{{ cookiecutter.database }}",
    "auth": "{{ cookiecutter.auth }}",
}


def prune(root: Path) -> None:
    """Remove the files, and the directories that this leaves empty."""
    for (question, answer), names in OWNED.items():
        if ANSWERS[question] == answer:
            continue
        for name in names:
            path = root / name
            if not path.exists():
                continue  # another answer owned it too
            path.unlink()
            while path.parent != root and not any(path.parent.iterdir()):
                path = path.parent
                path.rmdir()


if __name__ == "__main__":
    prune(Path(__file__).resolve().parent.parent)
    Path(__file__).unlink()
