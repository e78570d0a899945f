"""What no schema of Kubernetes sees: whether the parts of the manifests fit together."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

QUANTITY = re.compile(r"\d+(\.\d+)?(m|[KMGT]i)?")
LONGEST = {"StatefulSet": 52}  # its pods get a label with ten characters more
GRACEFUL = 30  # seconds, the default of gunicorn
LOCKED = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True}
LOCKED |= {"capabilities": {"drop": ["ALL"]}}

Document = dict[str, Any]


def faults(documents: list[Document], project: Path) -> list[str]:
    """Return what is wrong with the manifests of a project, as kustomize prints them."""
    found = [*names(documents), *scaling(documents)]
    for document in documents:
        found += selectors(document, documents)
        if template := document.get("spec", {}).get("template"):
            kind, pod = document["kind"], template["spec"]
            found += [f"{kind}: {fault}" for fault in references(document, documents)]
            found += [f"{kind}: {fault}" for fault in lock_down(pod, project)]
            for container in containers(pod):
                found += [f"{kind}: {fault}" for fault in resources(container)]
            if kind != "Job":
                found += serving(document, documents, project)
    return found


def containers(pod: Document) -> list[Document]:
    """Return the containers of a pod, those of its start too."""
    return pod["containers"] + pod.get("initContainers", [])


def names(documents: list[Document]) -> Iterator[str]:
    """Names that are too long, or given twice."""
    known = set()
    for document in documents:
        kind, name = document["kind"], document["metadata"]["name"]
        if len(name) > LONGEST.get(kind, 63):
            yield f"{kind} {name}: too long"
        if (kind, name) in known:
            yield f"{kind} {name}: twice"
        known.add((kind, name))


def scaling(documents: list[Document]) -> Iterator[str]:
    """Two that decide how many pods there are, or one that scales nothing."""
    kinds = {document["kind"]: document for document in documents}
    if scaler := kinds.get("HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]
        scaled = kinds.get(target["kind"])
        if not scaled or scaled["metadata"]["name"] != target["name"]:
            yield "HorizontalPodAutoscaler: its target is not there"
        elif "replicas" in scaled["spec"]:
            yield "replicas beside a HorizontalPodAutoscaler"
    elif kinds.get("StatefulSet", {}).get("spec", {}).get("replicas") != 1:
        yield "SQLite needs exactly one pod"


def selectors(document: Document, documents: list[Document]) -> Iterator[str]:
    """Selectors that match no pod."""
    templates = [
        d["spec"]["template"] for d in documents if "template" in d.get("spec", {})
    ]
    spec = document.get("spec", {})
    selector = spec.get("selector") or spec.get("podSelector") or {}
    wanted = selector.get("matchLabels", selector)
    spread = (
        spec.get("template", {}).get("spec", {}).get("topologySpreadConstraints", [])
    )
    for labels in [wanted, *(each["labelSelector"]["matchLabels"] for each in spread)]:
        if not any(
            labels.items() <= t["metadata"]["labels"].items() for t in templates
        ):
            yield f"{document['kind']}: selects no pod"


def references(document: Document, documents: list[Document]) -> Iterator[str]:
    """ConfigMaps, Secrets and volumes that are not there."""
    pod = document["spec"]["template"]["spec"]
    maps = {d["metadata"]["name"] for d in documents if d["kind"] == "ConfigMap"}
    claims = document["spec"].get("volumeClaimTemplates", [])
    volumes = {volume["name"] for volume in pod.get("volumes", [])}
    volumes |= {claim["metadata"]["name"] for claim in claims}
    for container in containers(pod):
        for source in container["envFrom"]:
            if "configMapRef" in source and source["configMapRef"]["name"] not in maps:
                yield "its ConfigMap is not there"
        for mount in container["volumeMounts"]:
            if mount["name"] not in volumes:
                yield f"its volume {mount['name']} is not there"


def lock_down(pod: Document, project: Path) -> Iterator[str]:
    """Rights that the service does not need."""
    user = re.search(
        r"^USER (\d+):", (project / "Dockerfile").read_text(), re.MULTILINE
    )
    context = pod["securityContext"]
    if context.get("runAsNonRoot") is not True or str(context["runAsUser"]) != user[1]:
        yield "may be root, or another user than that of the image"
    if context["seccompProfile"]["type"] != "RuntimeDefault":
        yield "may call everything in the kernel"
    for key in ("automountServiceAccountToken", "enableServiceLinks"):
        if pod.get(key) is not False:
            yield f"{key} is on"
    for container in containers(pod):
        if container["securityContext"] != LOCKED:
            yield f"{container['name']} is not locked down"


def resources(container: Document) -> Iterator[str]:
    """Amounts that are missing, no quantities, or slow a pod down."""
    asked, limits = (
        container["resources"].get(key, {}) for key in ("requests", "limits")
    )
    if set(asked) != {"cpu", "memory"} or set(limits) != {"memory"}:
        yield "needs requests, a limit of memory, and none of CPU"
    for amount in (*asked.values(), *limits.values()):
        if not QUANTITY.fullmatch(str(amount)):
            yield f"{amount} is no quantity"


def serving(
    document: Document, documents: list[Document], project: Path
) -> Iterator[str]:
    """Ports, probes, time to stop, and data of the pods that serve."""
    pod = document["spec"]["template"]["spec"]
    (web,) = pod["containers"]
    ports = {port["name"]: port["containerPort"] for port in web["ports"]}
    settings = {}
    for d in documents:
        settings |= d["data"] if d["kind"] == "ConfigMap" else {}
        for port in wanted_ports(d):
            if port not in ports:
                yield f"{d['kind']}: no container has the port {port}"
    image = re.search(r"\bPORT=(\d+)", (project / "Dockerfile").read_text())[1]
    told = {entry["name"]: entry["value"] for entry in web["env"]}
    if (str(ports["http"]), str(ports["metrics"])) != (image, told["METRICS_PORT"]):
        yield "the ports are not those on which the image listens"
    yield from probes(web, ports, settings["TRUSTED_HOSTS"].split(","))
    configuration = (project / "gunicorn.conf.py").read_text()
    graceful = re.search(r"^graceful_timeout = (\d+)", configuration, re.MULTILINE)
    needed = web["lifecycle"]["preStop"]["sleep"]["seconds"]
    needed += int(graceful[1]) if graceful else GRACEFUL
    if pod["terminationGracePeriodSeconds"] <= needed:
        yield f"is killed before the {needed} s that it may take to stop are over"
    places = [mount["mountPath"] for mount in web["volumeMounts"]]
    file = settings.get("DATABASE_URL", "sqlite:////tmp/").removeprefix("sqlite:///")
    if file.rpartition("/")[0] not in places:
        yield f"{file} is on no volume"


def wanted_ports(document: Document) -> Iterator[str]:
    """Names of ports that a Service or a NetworkPolicy points at."""
    spec = document.get("spec", {})
    if document["kind"] == "Service":
        yield from (port["targetPort"] for port in spec["ports"])
    for rule in spec.get("ingress", []) if document["kind"] == "NetworkPolicy" else []:
        yield from (port["port"] for port in rule["ports"])


def probes(web: Document, ports: dict[str, int], hosts: list[str]) -> Iterator[str]:
    """Probes that ask the wrong place, or with a name that is refused."""
    paths = {"startupProbe": "live", "livenessProbe": "live", "readinessProbe": "ready"}
    for kind, path in paths.items():
        probe = web[kind]["httpGet"]
        if probe["path"] != f"/health/{path}" or probe["port"] not in ports:
            yield f"{kind} asks the wrong place"
        if {h["name"]: h["value"] for h in probe["httpHeaders"]}["Host"] not in hosts:
            yield f"{kind} names a host that TRUSTED_HOSTS does not allow"
