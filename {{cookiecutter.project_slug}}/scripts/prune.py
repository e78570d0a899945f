"""Removes the files of the answers that were not given, then itself.

The hook runs it; `scripts/setup.py` does where hooks are off.
"""

from pathlib import Path

# The answers that each file belongs to: it stays when all of them were given. Files and
# never directories: a directory may also hold what a team put there.
OWNED = {
    "layout=domain": [
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
    "layout=layer": [
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
    "layout=domain auth=jwt": [
        "app/users/commands.py",
    ],
    "layout=layer auth=jwt": [
        "app/commands/__init__.py",
        "app/commands/user.py",
    ],
    "auth=jwt": [
        "SECURITY.md",
        "app/core/identity/__init__.py",
        "app/core/identity/api_keys.py",
        "app/core/identity/bearer.py",
        "app/core/identity/blueprint.py",
        "app/core/identity/errors.py",
        "app/core/identity/guard.py",
        "app/core/identity/mail.py",
        "app/core/identity/mail_tokens.py",
        "app/core/identity/models.py",
        "app/core/identity/passwords.py",
        "app/core/identity/permissions.py",
        "app/core/identity/rate_limits.py",
        "app/core/identity/schemas.py",
        "app/core/identity/services.py",
        "app/core/identity/sign_ins.py",
        "app/core/identity/tokens.py",
        "app/core/identity/views.py",
        "app/core/metrics/identity.py",
        "scaffold/access.py",
        "scaffold/templates/public_operations.txt.jinja",
        "tests/clients.py",
        "tests/identity/conftest.py",
        "tests/identity/public_operations.txt",
        "tests/identity/test_accounts.py",
        "tests/identity/test_api_keys.py",
        "tests/identity/test_every_operation.py",
        "tests/identity/test_mail.py",
        "tests/identity/test_metrics.py",
        "tests/identity/test_passwords.py",
        "tests/identity/test_rate_limits.py",
        "tests/identity/test_sessions.py",
        "tests/identity/test_sign_in.py",
        "tests/identity/test_soft_deleted_users.py",
        "tests/identity/test_superusers.py",
    ],
    "dashboard=dash": [
        "app/dashboard/__init__.py",
        "app/dashboard/figures.py",
        "app/dashboard/filters.py",
        "app/dashboard/page.html",
        "app/dashboard/page.py",
        "app/dashboard/services.py",
        "app/dashboard/static/dashboard.css",
        "app/dashboard/static/dashboard.js",
        "app/dashboard/views.py",
        "tests/dashboard/conftest.py",
        "tests/dashboard/test_dashboard.py",
    ],
    "auth=jwt dashboard=dash": [
        "app/core/identity/browser_session.py",
        "app/core/identity/static/sign-in.css",
        "app/core/identity/templates/sign-in.html",
        "tests/dashboard/test_access.py",
        "tests/identity/test_browser_session.py",
    ],
    "auth=none dashboard=dash": [
        "tests/dashboard/test_open_access.py",
    ],
    "database=postgresql": [
        "app/core/data/embedded_server.py",
    ],
    "server": [
        "app/core/data/idle_connections.py",
    ],
    "partial": [
        "tests/test_indexes.py",
    ],
    "image": [
        ".dockerignore",
        "Dockerfile",
        "compose.yaml",
    ],
    "deploy=kubernetes": [
        "kubernetes/README.md",
        "kubernetes/base/kustomization.yaml",
        "kubernetes/base/network-policy.yaml",
        "kubernetes/base/service.yaml",
        "kubernetes/base/settings.env",
        "kubernetes/production/.gitignore",
        "kubernetes/production/kustomization.yaml",
        "kubernetes/production/secret.env.example",
        "kubernetes/production/settings.env",
    ],
    "deploy=kubernetes database=sqlite": [
        "kubernetes/base/stateful-set.yaml",
    ],
    "deploy=kubernetes server": [
        "kubernetes/base/deployment.yaml",
        "kubernetes/base/horizontal-pod-autoscaler.yaml",
        "kubernetes/base/migration.yaml",
        "kubernetes/base/pod-disruption-budget.yaml",
    ],
    "ci=github": [
        ".github/dependabot.yml",
        ".github/workflows/audit.yml",
        ".github/workflows/check.yml",
    ],
    "ci=gitlab": [
        ".gitlab-ci.yml",
    ],
    "ci=jenkins": [
        "Jenkinsfile",
    ],
    "renovate": [
        "renovate.json",
    ],
}

GIVEN = {
    "layout={{ cookiecutter.layout }}",
    "database={{ cookiecutter.database }}",
    "auth={{ cookiecutter.auth }}",
    "dashboard={{ cookiecutter.dashboard }}",
    "deploy={{ cookiecutter.deploy }}",
    "ci={{ cookiecutter.ci }}",
    # What both ways to deploy need.
    "no image" if "{{ cookiecutter.deploy }}" == "none" else "image",
    # What the pipelines without Dependabot need.
    "renovate" if "{{ cookiecutter.ci }}" in ("gitlab", "jenkins") else "no renovate",
    # What a database that runs by itself needs.
    "file" if "{{ cookiecutter.database }}" == "sqlite" else "server",
    # What needs partial indexes.
    "not partial" if "{{ cookiecutter.database }}" == "mysql" else "partial",
}


def prune(root: Path) -> None:
    """Remove the files, and the directories that this leaves empty."""
    for answers, names in OWNED.items():
        if set(answers.split()) <= GIVEN:
            continue
        for name in names:
            path = root / name
            if not path.exists():
                continue
            path.unlink()
            while path.parent != root and not any(path.parent.iterdir()):
                path = path.parent
                path.rmdir()


if __name__ == "__main__":
    prune(Path(__file__).resolve().parent.parent)
    Path(__file__).unlink()
