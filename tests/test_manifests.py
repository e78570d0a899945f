"""Files for deployment, checked by the tools of their formats, in every combination."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import compose, manifests, support, test_readme, variants
from tests.variants import COMBINATIONS

OLDEST, NEWEST = "1.30", "1.37"  # of Kubernetes; what README.md asks for is the first
LONG = {"project_slug": "-".join(["abcdefghi"] * 6)}


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return one project for each distinct set of files, and one with a long name."""
    output = tmp_path_factory.mktemp("manifests")
    few = {(a["database"], a["auth"]): a for a in reversed(COMBINATIONS)}
    every = [{**answers, "deploy": "kubernetes"} for answers in few.values()]
    every += [{**answers, **LONG} for answers in every]
    return [
        variants.prune(variants.render(answers, output / str(number)))
        for number, answers in enumerate(every)
    ]


@pytest.fixture
def project(projects: list[Path], tmp_path: Path) -> Path:
    """Return a copy of a project with PostgreSQL, to plant faults in."""
    named = [p for p in projects if "postgres:" in (p / "compose.yaml").read_text()]
    return shutil.copytree(named[0], tmp_path / "project")


def built(project: Path, code: int = 0) -> str:
    """Return what `kubectl apply -k` would send."""
    return support.run(
        "kubectl", "kustomize", "kubernetes/production", cwd=project, code=code
    )


def validated(text: str, folder: Path, version: str, code: int = 0) -> str:
    """Hold manifests against the schema of a version of Kubernetes."""
    (folder / "manifests.yaml").write_text(text)
    command = ("kubernetes-validate", "--strict", "-k", version, "manifests.yaml")
    return support.run(*command, cwd=folder, code=code)


def test_dockerfiles(projects: list[Path]) -> None:
    texts = {(p / "Dockerfile").read_text(): str(p / "Dockerfile") for p in projects}
    support.run("hadolint", *texts.values(), cwd=variants.ROOT)
    assert len(texts) > 1


def test_compose_files(projects: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [str(project / "compose.yaml") for project in projects]
    schema = ("--builtin-schema", "vendor.compose-spec")
    support.run("check-jsonschema", *schema, *paths, cwd=variants.ROOT)
    monkeypatch.setenv("SECRET_KEY", "x")
    monkeypatch.setenv("DATABASE_PASSWORD", "y")
    for project in projects:
        content = compose.load(project)
        assert compose.faults(content) == []
        services = content["services"]
        assert services["migrate"]["command"][-2:] == ["db", "upgrade"]
        how = services["web"]["depends_on"]["migrate"]["condition"]
        assert how == "service_completed_successfully"
        assert "command" not in services["web"]
        for service in services.values():
            assert all(p.startswith("127.0.0.1:") for p in service.get("ports", ()))
            compose.options(service, project, "name")


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_manifests_are_valid(
    projects: list[Path], tmp_path: Path, version: str
) -> None:
    text = "---\n".join(built(project) for project in projects)
    assert validated(text, tmp_path, version).count("passed") == text.count("\nkind: ")


def test_parts_of_manifests_fit_together(projects: list[Path]) -> None:
    for project in projects:
        documents = list(yaml.safe_load_all(built(project)))
        assert manifests.faults(documents, project) == []


def test_each_release_has_a_job_of_its_own(project: Path) -> None:
    overlay = project / "kubernetes/production/kustomization.yaml"
    for tag in ("1", "2", "3f2c1ab"):
        text = re.sub('newTag: ".*"', f'newTag: "{tag}"', overlay.read_text())
        overlay.write_text(text)
        (job,) = [d for d in yaml.safe_load_all(built(project)) if d["kind"] == "Job"]
        assert job["metadata"]["name"] == f"order-service-migration-{tag}"
        (container,) = job["spec"]["template"]["spec"]["containers"]
        assert container["image"] == f"example.com/order-service:{tag}"
        # A ConfigMap is named after its content, and a Job cannot be changed.
        assert "configMapRef" not in str(job)


def test_secret_is_made_as_told(project: Path) -> None:
    """By the commands of kubernetes/README.md, without a cluster to keep it."""
    readme = project / "kubernetes/README.md"
    lines = test_readme.commands(test_readme.blocks(readme, "sh")[0])
    printed = ""
    for line in lines:
        line += " --dry-run=client -o yaml" if line.startswith("kubectl") else ""
        printed += "---\n" + test_readme.shell(line, project, EDITOR="true")
    documents = [d for d in yaml.safe_load_all(printed) if d]
    (secret,) = [d for d in documents if d["kind"] == "Secret"]
    assert set(secret["data"]) >= {"SECRET_KEY", "DATABASE_URL"}
    assert secret["data"]["SECRET_KEY"] == "", "a real secret is in the example"
    name = {"name": secret["metadata"]["name"]}
    for document in yaml.safe_load_all(built(project)):
        assert document["metadata"]["namespace"] == secret["metadata"]["namespace"]
        for container in pod_containers(document):
            assert {"secretRef": name} in container["envFrom"]
    assert not (project / "kubernetes/production/secret.env").exists()


def pod_containers(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the containers of a document that has a pod."""
    template = document.get("spec", {}).get("template")
    return manifests.containers(template["spec"]) if template else []


def test_readme_names_what_is_there(projects: list[Path]) -> None:
    for project in projects:
        text = (project / "kubernetes/README.md").read_text()
        output = built(project)
        assert f"Kubernetes {OLDEST}" in text
        for kind, name in re.findall(r"(deployment|statefulset|job)/([\w-]+)", text):
            found = rf"kind: {kind}\n(?:.*\n)*?  name: {name}\n"
            assert re.search(found, output, re.IGNORECASE), f"{kind}/{name}"
        for path in re.findall(r"`((?:base|production)/[\w./-]*)`", text):
            assert (project / "kubernetes" / path).exists(), path


def test_sum_of_connections_is_right(projects: list[Path]) -> None:
    for project in projects:
        text = (project / "kubernetes/README.md").read_text()
        if not (found := re.search(r"`\((\d+) \+ 1\) x .* = (\d+)`", text)):
            assert "StatefulSet" in built(project)
            continue
        kinds = {d["kind"]: d for d in yaml.safe_load_all(built(project))}
        data = kinds["ConfigMap"]["data"]
        pods = kinds["HorizontalPodAutoscaler"]["spec"]["maxReplicas"]
        pool = int(data["DATABASE_POOL_SIZE"]) + int(data["DATABASE_MAX_OVERFLOW"])
        most = (pods + 1) * int(data["WEB_CONCURRENCY"]) * pool + 1
        assert (int(found[1]), int(found[2])) == (pods, most)
        assert data["DATABASE_POOL_SIZE"] == data["WEB_THREADS"]


# Faults that somebody may make: the tool that must find each, a file, a text, and another.
LINTED = [
    ("Dockerfile", "python:3.13-slim-trixie", "python"),
    ("Dockerfile", "COPY app", "COPPY app"),
    ("Dockerfile", 'CMD ["gunicorn", "app.wsgi:app"]', "CMD ['gunicorn']"),
    ("Dockerfile", 'CMD ["gunicorn', 'CMD ["flask"]\nCMD ["gunicorn'),
    ("Dockerfile", "USER 10001:10001", "USER root"),
]
SCHEMA = [
    ("compose.yaml", "healthcheck:", "heathcheck:"),
    ("compose.yaml", "service_healthy", "healthy"),
    ("compose.yaml", "read_only: true", "read_only: [yes]"),
]
TOGETHER = [
    ("compose.yaml", "      migrate:\n", "      migration:\n"),
    ("compose.yaml", "volumes:\n  data:\n", "volumes:\n  files:\n"),
    ("compose.yaml", "stop_grace_period: 35s", "stop_grace_period: 35x"),
]
DEPLOYMENT, OVERLAY = "base/deployment.yaml", "production/kustomization.yaml"
BUILD = [
    ("base/kustomization.yaml", "deployment.yaml", "deploy.yaml"),
    ("production/settings.env", "TRUSTED_HOSTS=api.example.com\n", ""),
    (OVERLAY, "behavior: merge", "behavior: marge"),
    (OVERLAY, '    newTag: "1"\n', ""),
]
VALID = [
    (DEPLOYMENT, "enableServiceLinks", "enableServiceLink"),
    (DEPLOYMENT, "runAsUser: 10001", "runAsUser: service"),
    (
        "base/migration.yaml",
        "restartPolicy: Never",
        "restartPolicy: Never\n      retry: 3",
    ),
    ("base/pod-disruption-budget.yaml", "AlwaysAllow", "[]"),
]
FIT = [
    ("base/service.yaml", "component: web", "component: www"),
    ("base/service.yaml", "targetPort: http", "targetPort: https"),
    ("base/network-policy.yaml", "port: metrics", "port: prometheus"),
    ("base/pod-disruption-budget.yaml", "component: web", "component: pod"),
    (
        "base/horizontal-pod-autoscaler.yaml",
        "name: order-service\n  min",
        "name: x\n  min",
    ),
    (DEPLOYMENT, "strategy:", "replicas: 3\n  strategy:"),
    (
        DEPLOYMENT,
        "name: tmp\n              mountPath",
        "name: temp\n              mountPath",
    ),
    (
        DEPLOYMENT,
        "configMapRef:\n                name: order",
        "configMapRef:\n                name: ordre",
    ),
    (DEPLOYMENT, "memory: 256Mi", "memory: 256MB"),
    (DEPLOYMENT, "runAsNonRoot: true", "runAsNonRoot: false"),
    (DEPLOYMENT, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"),
    (DEPLOYMENT, "enableServiceLinks: false", "enableServiceLinks: true"),
    (DEPLOYMENT, "GracePeriodSeconds: 45", "GracePeriodSeconds: 35"),
    (DEPLOYMENT, 'value: "9000"', 'value: "9001"'),
    (DEPLOYMENT, "containerPort: 8000", "containerPort: 8080"),
    (DEPLOYMENT, "limits:", "limits:\n              cpu: 500m"),
    (
        DEPLOYMENT,
        "/health/live\n              port: http\n              httpHeaders:\n                - name: Host\n                  value: localhost\n            periodSeconds: 10",
        "/health/ready\n              port: http\n              httpHeaders:\n                - name: Host\n                  value: localhost\n            periodSeconds: 10",
    ),
    (
        OVERLAY,
        "          - spec.template.spec.containers.*.readinessProbe.httpGet.httpHeaders.[name=Host].value\n",
        "",
    ),
]


def plant(project: Path, name: str, text: str, other: str) -> None:
    """Put a fault into a file."""
    path = (
        project / ("" if name[0].isupper() or "/" not in name else "kubernetes") / name
    )
    before = path.read_text()
    assert text in before, "the fault has no place"
    path.write_text(before.replace(text, other, 1))


def each(faults: list[tuple[str, str, str]]) -> pytest.MarkDecorator:
    """Parametrize a test with faults."""
    ids = [f"{n.rpartition('/')[2]}-{i}" for i, (n, _, _) in enumerate(faults)]
    return pytest.mark.parametrize(("name", "text", "other"), faults, ids=ids)


@each(LINTED)
def test_hadolint_finds(project: Path, name: str, text: str, other: str) -> None:
    plant(project, name, text, other)
    support.run("hadolint", name, cwd=project, code=1)


@each(SCHEMA)
def test_schema_of_compose_finds(
    project: Path, name: str, text: str, other: str
) -> None:
    plant(project, name, text, other)
    schema = ("--builtin-schema", "vendor.compose-spec")
    support.run("check-jsonschema", *schema, name, cwd=project, code=1)


@each(TOGETHER)
def test_own_check_of_compose_finds(
    project: Path, name: str, text: str, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(project, name, text, other)
    monkeypatch.setenv("SECRET_KEY", "x")
    monkeypatch.setenv("DATABASE_PASSWORD", "y")
    assert compose.faults(compose.load(project))


@each(BUILD)
def test_kustomize_finds(project: Path, name: str, text: str, other: str) -> None:
    plant(project, name, text, other)
    built(project, code=1)


@each(VALID)
def test_validation_finds(
    project: Path, name: str, text: str, other: str, tmp_path: Path
) -> None:
    plant(project, name, text, other)
    validated(built(project), tmp_path, NEWEST, code=1)


def test_validation_finds_what_an_older_version_lacks(
    project: Path, tmp_path: Path
) -> None:
    assert "sleep" in validated(built(project), tmp_path, "1.28", code=1)


@each(FIT)
def test_own_check_of_manifests_finds(
    project: Path, name: str, text: str, other: str
) -> None:
    plant(project, name, text, other)
    documents = list(yaml.safe_load_all(built(project)))
    assert len(manifests.faults(documents, project)) == 1
