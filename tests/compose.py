"""Runs compose.yaml in its own order: each service as podman runs it.

podman-compose does not heed `service_healthy` with the podman of Debian 12, and Docker
needs an engine. What is not known here is an error, so that nothing is left out unseen.
"""

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

from tests import containers

VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
CONDITIONS = ("service_healthy", "service_completed_successfully", "service_started")
UNITS = {"s": 1, "m": 60}
ELSEWHERE = {"image", "command", "build", "depends_on", "ports"}


def load(folder: Path) -> dict[str, Any]:
    """Read compose.yaml, with its variables. Raises SystemExit for one that is missing."""
    known = dict(env_file(folder)) | dict(os.environ)

    def replace(found: re.Match[str]) -> str:
        name, kind, text = found.groups()
        if known.get(name):
            return known[name]
        if kind == "?":
            sys.exit(f"required variable {name} is missing a value: {text}")
        return text or ""

    return yaml.safe_load(VARIABLE.sub(replace, (folder / "compose.yaml").read_text()))


def env_file(folder: Path) -> Iterator[tuple[str, str]]:
    """Return the variables in .env."""
    path = folder / ".env"
    for line in path.read_text().splitlines() if path.exists() else ():
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield name, value


def faults(content: dict[str, Any]) -> list[str]:
    """Return what the schema of compose files does not see."""
    found = []
    services = content["services"]
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            if needed not in services:
                found.append(f"{name} depends on {needed}, which is not there")
            elif how["condition"] == "service_healthy":
                if "healthcheck" not in services[needed]:
                    found.append(
                        f"{name} waits for {needed}, which has no health check"
                    )
            elif how["condition"] not in CONDITIONS:
                found.append(f"{name}: {how['condition']}")
        for volume in service.get("volumes", ()):
            if volume.split(":")[0] not in content.get("volumes", {}):
                found.append(f"{name} has the volume {volume}, which is not there")
        health = service.get("healthcheck", {})
        durations = [health.get(key, "1s") for key in ("interval", "timeout")]
        for duration in [*durations, service.get("stop_grace_period", "1s")]:
            if not re.fullmatch(r"\d+[sm]", duration):
                found.append(f"{name}: {duration} is no duration")
    return found


def options(service: dict[str, Any], folder: Path, name: str) -> list[str]:
    """Return the options of `podman run` that say the same. Raises KeyError.

    `name` is that of the deployment: volumes have it before their own.
    """
    found = list(containers.LIMITS)
    for key, value in service.items():
        if key == "env_file":
            paths = [folder / file["path"] for file in value]
            found += [f"--env-file={path}" for path in paths if path.exists()]
        elif key == "environment":
            found += [f"--env={variable}={text}" for variable, text in value.items()]
        elif key == "volumes":
            found += [f"--volume={name}-{volume}" for volume in value]
        elif key in ("tmpfs", "cap_drop", "security_opt"):
            found += [f"--{key.replace('_', '-')}={text}" for text in value]
        elif key == "logging":
            found.append(f"--log-driver={value['driver']}")
            found += [f"--log-opt={n}={text}" for n, text in value["options"].items()]
        elif key == "healthcheck":
            found.append(f"--health-cmd={json.dumps(value['test'][1:])}")
        elif key == "stop_grace_period":
            found.append(f"--stop-timeout={int(value[:-1]) * UNITS[value[-1]]}")
        elif key == "read_only":  # podman would add places that can be written to
            found += [f"--read-only={str(value).lower()}", "--read-only-tmpfs=false"]
        elif key in ("restart", "shm_size"):
            found.append(f"--{key.replace('_', '-')}={value}")
        elif key not in ELSEWHERE:
            raise KeyError(key)
    return found


def in_order(services: dict[str, Any]) -> list[str]:
    """Return the names of services, each after those that it depends on."""
    needs = {name: service.get("depends_on", {}) for name, service in services.items()}
    return list(TopologicalSorter(needs).static_order())


def up(folder: Path, name: str) -> None:
    """Start every service when what it depends on is as far as it must be."""
    content = load(folder)
    assert not faults(content), faults(content)
    services = content["services"]
    once = {
        needed
        for service in services.values()
        for needed, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_completed_successfully"
    }
    for service in in_order(services):
        for needed, how in services[service].get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                wait_until_healthy(f"{name}-{needed}")
        # One that runs to its end must come to a good one.
        start(
            service, services, folder, name, *([] if service in once else ["--detach"])
        )


def start(
    name: str, services: dict[str, Any], folder: Path, deployment: str, *how: str
) -> None:
    """Run a service in the network of its deployment."""
    service = services[name]
    command = ["run", "--replace", f"--name={deployment}-{name}", *how]
    command += [f"--network=ns:/run/netns/{deployment}"]
    command += [f"--add-host={other}:127.0.0.1" for other in services]
    command += [*options(service, folder, deployment), service["image"]]
    print(name, containers.run(*command, *service.get("command", ())))


def wait_until_healthy(container: str, seconds: int = 120) -> None:
    """Wait until the health check of a container passes. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while containers.run("healthcheck", "run", container, code=None):
        if time.monotonic() > end:
            raise TimeoutError(f"{container} is not healthy")
        time.sleep(0.3)


def down(folder: Path, name: str) -> None:
    """Stop every service as its file says, the last one first; volumes stay."""
    for service in reversed(in_order(load(folder)["services"])):
        containers.run("stop", f"{name}-{service}")
        containers.run("rm", f"{name}-{service}")


def main(arguments: list[str], folder: Path, name: str) -> int:
    """Do what `docker` does, for the few commands that a project uses."""
    match arguments:
        case ["build", *given]:
            made = containers.build(folder, *given)
            print(made.stdout)
            return made.returncode
        case ["compose", "up", "--detach"]:
            up(folder, name)
        case ["compose", "down"]:
            down(folder, name)
        case ["compose", "exec", service, *command]:
            container = f"{name}-{service}"
            print(
                containers.run(
                    "exec", "-i", container, *command, stdin=sys.stdin.read()
                )
            )
        case _:
            sys.exit(f"docker {arguments}: unknown to tests/compose.py")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path.cwd(), os.environ["COMPOSE_PROJECT_NAME"]))
