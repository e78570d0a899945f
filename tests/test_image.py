"""The image: linted, built, run as README.md says, looked into, and stopped."""

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests import compose, containers, support, test_readme, variants
from tests.conftest import MakeProject
from tests.variants import COMBINATIONS

DATABASES = {answers["database"]: answers for answers in reversed(COMBINATIONS)}
RUN = [pytest.param(DATABASES[name], id=name) for name in ("sqlite", "postgresql")]
USER = support.ROOT_USER
URL = "http://127.0.0.1:8000"
# What an image must not hold: a way to make programs, what tests it, and secrets.
FOREIGN = r"/(gcc|cc|make|uv|pytest|ruff|mypy)$|/(\.env|scaffold|tests|Makefile)$|^/srv/.*\.md$"


@dataclass
class Deployment:
    """A project that was deployed as its README.md says."""

    project: Path
    name: str
    inside: Callable[..., Any]
    changes: dict[str, str]
    printed: str

    def get(self, path: str, **headers: str) -> requests.Response:
        """Send a request, in the network of the containers."""
        return self.inside(requests.get, URL + path, headers=headers, timeout=30)

    def shell(self, command: str, service: str = "web") -> str:
        """Run a command in the container of a service."""
        return containers.run("exec", f"{self.name}-{service}", "sh", "-c", command)

    def run(self, command: str, **options: Any) -> str:
        """Run a command in the project, with what stands in for `docker`."""
        changes = {**self.changes, **options.pop("changes", {})}
        return support.run("sh", "-ec", command, cwd=self.project, **options, **changes)


@pytest.fixture(scope="module", params=RUN)
def deployed(
    request: pytest.FixtureRequest,
    pristine: MakeProject,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployment]:
    containers.need()
    folder = tmp_path_factory.mktemp("deployed")
    project = support.copy(pristine(request.param), folder / "order-service")
    prepare_images(project)
    name = f"test-{uuid4().hex[:8]}"
    with containers.network(name) as inside:
        changes = stand_in(folder, name)
        try:
            yield deploy(project, name, inside, changes)
        finally:
            remove(name)


def prepare_images(project: Path) -> None:
    """Make what stands in for the images that the project's files name."""
    dockerfile = (project / "Dockerfile").read_text()
    containers.prepare_python(dockerfile)
    base = re.search(r"^FROM (\S+)", dockerfile, re.MULTILINE)[1]
    if name := re.search(
        r"image: (postgres:\S+)", (project / "compose.yaml").read_text()
    ):
        (packages,) = (project / ".venv").resolve().glob("lib/*/site-packages")
        containers.prepare_postgres(name[1], base, packages)


def stand_in(folder: Path, name: str) -> dict[str, str]:
    """Put a command `docker` first into PATH; return the environment for it."""
    docker = folder / "bin/docker"
    docker.parent.mkdir()
    docker.write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.compose "$@"\n')
    docker.chmod(0o755)
    path = f"{docker.parent}:{support.environment()['PATH']}"
    found = {"PATH": path, "PYTHONPATH": str(variants.ROOT)}
    return found | {"COMPOSE_PROJECT_NAME": name}


def deploy(
    project: Path, name: str, inside: Callable[..., Any], changes: dict[str, str]
) -> Deployment:
    """Type what README.md says, on a server: without .env, after a strict checkout."""
    (project / ".env").unlink()
    support.run("chmod", "-R", "go-rwx", ".", cwd=project)
    result = Deployment(project, name, inside, changes, "")
    readme = (project / "README.md").read_text().split("## Deploy")[1]
    block = re.search(r"```sh\n(.*?)```", readme, re.DOTALL)[1]
    commands = "\n".join(test_readme.commands(block))
    result.printed = result.run(commands)
    create = (
        f"docker compose exec web python manage.py create-superuser {USER['email']}"
    )
    result.run(create, stdin=USER["password"])
    return result


def remove(name: str) -> None:
    """Remove every container and volume of a deployment."""
    names = ("ps", "--all", "--format={{.Names}}", f"--filter=name={name}")
    for code in (None, 0):  # one that ends just then is refused once
        if found := containers.run(*names).split():
            containers.run("rm", "--force", "--time=10", *found, code=code)
    found = containers.run("volume", "ls", "--quiet", f"--filter=name={name}")
    containers.run("volume", "rm", *found.split()) if found.split() else None


def test_build_finds_what_no_linter_sees(tmp_path: Path) -> None:
    """A file that is not there; the other faults are in tests/test_manifests.py."""
    containers.need()
    project = variants.prune(variants.render(DATABASES["sqlite"], tmp_path))
    containers.prepare_python((project / "Dockerfile").read_text())
    support.run("hadolint", "Dockerfile", cwd=project)
    made = containers.build(project, ".")  # not set up: requirements.txt is missing
    assert made.returncode != 0
    assert "requirements.txt" in made.stdout


def test_secrets_are_asked_for(deployed: Deployment) -> None:
    env = deployed.project / ".env"
    text = env.read_text()
    for variable in re.findall(r"^(\w+)=", text, re.MULTILINE):
        env.write_text(re.sub(f"^{variable}=.*\n", "", text, flags=re.MULTILINE))
        printed = deployed.run("docker compose up --detach", code=1)
        assert re.search(f"{variable} .*see Deploy in README.md", printed)
    env.write_text(text)


def test_migration_runs_before_and_web_never_does(deployed: Deployment) -> None:
    migration = containers.run("logs", f"{deployed.name}-migrate")
    assert "Running upgrade" in deployed.printed + migration
    assert "upgrade" not in containers.run("logs", f"{deployed.name}-web")
    wait_until_ready(deployed)


def wait_until_ready(deployed: Deployment) -> None:
    compose.wait_until_healthy(f"{deployed.name}-web")
    assert deployed.get("/health/ready").json() == {"status": "ok"}


def test_requests_are_answered(deployed: Deployment) -> None:
    wait_until_ready(deployed)
    users = deployed.get("/api/v1/users/", Authorization=sign_in(deployed))
    assert users.status_code == 200, users.text
    assert [user["email"] for user in users.json()["items"]] == [USER["email"]]


def sign_in(deployed: Deployment) -> str:
    """Return the header of the superuser that was made as README.md says."""
    login = f"{URL}/api/v1/auth/login"
    answer = deployed.inside(requests.post, login, json=USER, timeout=30)
    return f"Bearer {answer.json()['access_token']}"


def test_nothing_can_be_changed_from_within(deployed: Deployment) -> None:
    assert deployed.shell("id -u; id -g").split() == ["10001", "10001"]
    status = deployed.shell("cat /proc/1/status")
    assert re.findall(r"^Cap\w+:\t(\w+)", status, re.MULTILINE) == ["0" * 16] * 5
    assert "NoNewPrivs:\t1" in status
    for place in ("/srv", "/srv/app", "/opt/venv", "/etc", "/home", "/var/tmp"):
        denied = deployed.shell(f"touch {place}/x 2>&1 || true")
        assert re.search("Read-only|denied", denied), place
    deployed.shell("mktemp")  # but for temporary files
    # Nor by the code itself, where the root file system is not read-only.
    owners = deployed.shell("find /srv /opt -user service ! -path '/srv/instance*'")
    assert owners == ""


def test_image_holds_what_runs_and_nothing_else(deployed: Deployment) -> None:
    found = deployed.shell("find / -xdev ! -path '/usr/share/*' 2>/dev/null || true")
    assert [name for name in found.splitlines() if re.search(FOREIGN, name)] == []
    top = set(deployed.shell("ls -A /srv").split()) - {"__pycache__", "instance"}
    assert top == {"app", "gunicorn.conf.py", "manage.py", "migrations"}
    code = "from importlib.metadata import distributions as d; "
    code += "print(*{p.name.lower().replace('_', '-') for p in d()})"
    installed = set(deployed.shell(f'python -c "{code}"').split())
    pinned = (deployed.project / "requirements.txt").read_text()
    assert installed <= set(
        re.findall(r"^([\w-]+)(?:\[\w+\])?==", pinned, re.MULTILINE)
    )
    assert deployed.shell("find /srv -name '*.pyc'")


def test_image_says_what_it_is(deployed: Deployment) -> None:
    image = json.loads(containers.run("image", "inspect", "order-service:dev"))[0]
    config = image["Config"]
    assert config["User"] == "10001:10001"
    assert config["StopSignal"] == "SIGTERM"
    assert list(config["ExposedPorts"]) == ["8000/tcp"]
    assert config["Cmd"] == ["gunicorn", "app.wsgi:app"]
    labels = {name.rpartition(".")[2]: text for name, text in config["Labels"].items()}
    assert (labels["title"], labels["version"]) == ("order-service", "dev")
    assert labels["revision"] == "unknown"


def test_unmigrated_it_is_not_ready_and_a_signal_ends_it(deployed: Deployment) -> None:
    """The image alone, on an empty database, for a host with a name."""
    name = f"{deployed.name}-alone"
    service = web(deployed)
    service["environment"]["DATABASE_URL"] = empty_database(deployed)
    service["environment"]["PORT"] = "8001"
    service["environment"]["TRUSTED_HOSTS"] = ".example.com, other.example.com"
    compose.start(
        "alone",
        {"alone": service, "database": {}},
        deployed.project,
        deployed.name,
        "-d",
    )
    compose.wait_until_healthy(name)
    ready = URL.replace("8000", "8001") + "/health/ready"
    headers = {"Host": "other.example.com"}
    answer = deployed.inside(requests.get, ready, headers=headers, timeout=30)
    assert answer.status_code == 503
    assert deployed.inside(requests.get, ready, timeout=30).status_code == 400
    migrate = ("python", "manage.py", "db", "upgrade")
    containers.run("exec", name, *migrate)
    answer = deployed.inside(requests.get, ready, headers=headers, timeout=30)
    assert answer.json() == {"status": "ok"}
    started = time.monotonic()
    containers.run("stop", "--time=60", name)
    assert time.monotonic() - started < 30
    assert containers.run("inspect", "--format={{.State.ExitCode}}", name) == "0\n"


def web(deployed: Deployment) -> dict[str, Any]:
    """Return the service `web` of compose.yaml."""
    return compose.load(deployed.project)["services"]["web"]


def empty_database(deployed: Deployment) -> str:
    """Return the URL of a second database beside that of compose.yaml."""
    url = web(deployed)["environment"]["DATABASE_URL"]
    if "postgresql" in url:
        create = "psql -h 127.0.0.1 -U app -c 'CREATE DATABASE empty'"
        deployed.shell(f"PGPASSWORD=$POSTGRES_PASSWORD {create}", "database")
        return url.replace("5432/app", "5432/empty")
    return url.replace("app.sqlite3", "empty.sqlite3")


def test_data_outlive_the_containers(deployed: Deployment) -> None:
    deployed.run("make down")
    assert containers.run("ps", "--quiet", f"--filter=name={deployed.name}-web") == ""
    deployed.run("docker compose up --detach")
    wait_until_ready(deployed)
    assert sign_in(deployed)
