"""Removes the files of the answers that were not given, then itself.

The hook runs it; `scripts/setup.py` does where hooks are off.
"""

from pathlib import Path

# Files and never directories: a directory may also hold what a team put there.
OWNED = {
    ("layout", "domain"): [
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
        "app/models/__init__.py",
        "app/models/order.py",
        "app/models/user.py",
        "app/schemas/__init__.py",
        "app/schemas/order.py",
        "app/schemas/user.py",
        "app/seeds/__init__.py",
        "app/seeds/order.py",
        "app/seeds/user.py",
        "app/services/__init__.py",
        "app/services/order.py",
        "app/services/user.py",
        "app/static/welcome.css",
        "app/templates/welcome.html",
        "app/views/__init__.py",
        "app/views/order.py",
        "app/views/user.py",
        "app/views/welcome.py",
    ],
    ("database", "postgresql"): [
        "app/core/embedded.py",
    ],
}

ANSWERS = {
    "layout": "{{ cookiecutter.layout }}",
    "database": "{{ cookiecutter.database }}",
}


def prune(root: Path) -> None:
    """Remove the files, and the directories that this leaves empty."""
    for (question, answer), names in OWNED.items():
        if ANSWERS[question] == answer:
            continue
        for name in names:
            path = root / name
            path.unlink(missing_ok=True)
            while path.parent != root and not any(path.parent.iterdir()):
                path = path.parent
                path.rmdir()


if __name__ == "__main__":
    prune(Path(__file__).resolve().parent.parent)
    Path(__file__).unlink()
