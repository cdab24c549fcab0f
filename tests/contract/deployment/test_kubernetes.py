"""deploy/k8s: what refers to something refers to what is there, and its schemas would take it. No cluster is at hand."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from jeugdregio.services import ALL, SERVICES, ServiceProcess
from shared import health
from shared.health import Checks
from shared.values.region import load_region
from tests.contract.deployment.files import (
    BASE,
    OF_MIGRATE,
    OVERLAY,
    PASSWORDS,
    ROOT,
    image_environment,
    names,
    of_kind,
    required,
    resources,
    settings_of,
)

VALIDATOR = "kubernetes-validate==1.37.0"
DEPLOYMENTS = of_kind("Deployment", BASE)
SETTINGS = of_kind("ConfigMap", BASE)["settings"]["data"]
SECRETS = of_kind("Secret", OVERLAY)
JOB = of_kind("Job", BASE)["migrate"]
# MiB, of the largest process after the example was loaded; see docs/operations.md.
MEASURED = 101
of_every_process = pytest.mark.parametrize("process", ALL, ids=lambda one: one.name)


def pod_of(workload: dict[str, Any]) -> dict[str, Any]:
    pod: dict[str, Any] = workload["spec"]["template"]["spec"]
    return pod


def container_of(workload: dict[str, Any]) -> dict[str, Any]:
    (container,) = pod_of(workload)["containers"]
    assert isinstance(container, dict)
    return container


def told(workload: dict[str, Any]) -> dict[str, str]:
    """Give the environment that a pod gets from its settings and its secret."""
    first, second = container_of(workload)["envFrom"]
    assert first == {"configMapRef": {"name": "settings"}}
    secret = SECRETS[second["secretRef"]["name"]]["stringData"]
    assert not secret.keys() & SETTINGS.keys()
    return {**SETTINGS, **secret}


def test_every_file_is_listed_and_every_listed_file_is_there() -> None:
    base = yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"]
    assert sorted(base) == sorted(
        file.name for file in BASE.glob("*.yaml") if file.name != "kustomization.yaml"
    )
    overlay = yaml.safe_load((OVERLAY / "kustomization.yaml").read_text())
    listed = {(OVERLAY / each).resolve() for each in overlay["resources"]}
    files = {file for file in OVERLAY.glob("*.yaml") if file.name != "kustomization.yaml"}
    assert listed == {BASE, *files}
    (generated,) = overlay["configMapGenerator"]
    assert [(OVERLAY / file).exists() for file in generated["files"]] == [True]


def test_there_is_a_deployment_for_each_process() -> None:
    assert DEPLOYMENTS.keys() == {process.name for process in ALL}


@of_every_process
def test_a_deployment_finds_its_pods_and_no_others(process: ServiceProcess) -> None:
    selector = DEPLOYMENTS[process.name]["spec"]["selector"]["matchLabels"].items()
    found = [
        name
        for name, each in DEPLOYMENTS.items()
        if selector <= each["spec"]["template"]["metadata"]["labels"].items()
    ]
    assert found == [process.name]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_leads_to_its_api(service: str) -> None:
    spec = of_kind("Service", BASE)[service]["spec"]
    pods = [*DEPLOYMENTS.values(), JOB]
    found = [
        each["metadata"]["name"]
        for each in pods
        if spec["selector"].items() <= each["spec"]["template"]["metadata"]["labels"].items()
    ]
    assert found == [f"{service}-api"]
    ports = {port["name"] for port in container_of(DEPLOYMENTS[f"{service}-api"])["ports"]}
    assert {port["targetPort"] for port in spec["ports"]} <= ports


def test_the_address_leads_to_every_service() -> None:
    (ingress,) = of_kind("Ingress", OVERLAY).values()
    (rule,) = ingress["spec"]["rules"]
    services = of_kind("Service", BASE)
    for path in rule["http"]["paths"]:
        backend = path["backend"]["service"]
        assert path["path"] == f"/{backend['name']}/"
        assert backend["port"]["name"] in {
            port["name"] for port in services[backend["name"]]["spec"]["ports"]
        }
    assert len(rule["http"]["paths"]) == len(services) == len(SERVICES)
    assert SETTINGS["PUBLIC_URL"] == f"https://{rule['host']}"


@of_every_process
def test_a_process_is_told_what_it_needs_by_names_that_exist(process: ServiceProcess) -> None:
    workload, settings = DEPLOYMENTS[process.name], settings_of(process)
    environment = told(workload)
    assert container_of(workload)["args"] == process.command
    assert container_of(workload)["envFrom"][1] == {"secretRef": {"name": process.name}}
    assert environment.keys() <= names(settings)
    assert required(settings) <= environment.keys()
    role = f"{process.service}_{process.kind}"
    assert environment["SERVICE_DATABASE_URL"].startswith(f"postgresql://{role}:")


def test_the_migration_knows_all_passwords_and_nobody_else_any_but_its_own() -> None:
    assert told(JOB).keys() >= OF_MIGRATE
    assert SECRETS["migrate"]["stringData"].keys() == PASSWORDS | {"DATABASE_URL"}
    assert SECRETS.keys() == {"migrate", *(process.name for process in ALL)}
    assert container_of(JOB)["args"] == ["migrate"]


@of_every_process
def test_probes_ask_addresses_that_are_there(process: ServiceProcess) -> None:
    container = container_of(DEPLOYMENTS[process.name])
    ports = {port["name"]: str(port["containerPort"]) for port in container["ports"]}
    assert ports["metrics"] == SETTINGS["METRICS_PORT"] == image_environment()["METRICS_PORT"]
    assert ports.get("http", SETTINGS["PORT"]) == SETTINGS["PORT"] == image_environment()["PORT"]
    paths = {route.path for route in health.routes(Checks())}
    probes = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
    assert all(probe["port"] in ports and probe["path"] in paths for probe in probes.values())
    assert (probes["liveness"]["path"], probes["readiness"]["path"]) == ("/livez", "/readyz")
    assert ("http" in ports) == (process.kind == "api")


@pytest.mark.parametrize("workload", [*DEPLOYMENTS.values(), JOB], ids=lambda one: one["metadata"]["name"])
def test_a_pod_may_do_little_and_has_room(workload: dict[str, Any]) -> None:
    pod, container = pod_of(workload), container_of(workload)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert f"USER {pod['securityContext']['runAsUser']}:" in (ROOT / "Dockerfile").read_text()
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert volumes.keys() == {mount["name"] for mount in container["volumeMounts"]}
    assert "emptyDir" in volumes["tmp"]
    requested, limit = (
        container["resources"]["requests"]["memory"],
        container["resources"]["limits"]["memory"],
    )
    assert MEASURED < int(requested.removesuffix("Mi")) < int(limit.removesuffix("Mi"))


def test_the_four_services_are_run_alike() -> None:
    texts = {(BASE / f"{service}.yaml").read_text().replace(service, "SERVICE") for service in SERVICES}
    assert len(texts) == 1


def test_the_region_of_the_example_is_where_processes_look_for_it() -> None:
    assert (OVERLAY / "region.toml").read_text() == (ROOT / "region.toml").read_text()
    assert load_region(OVERLAY / "region.toml").names
    folder, _, name = SETTINGS["REGION_FILE"].rpartition("/")
    assert name == "region.toml"
    for deployment in DEPLOYMENTS.values():
        mounts = {mount["name"]: mount["mountPath"] for mount in container_of(deployment)["volumeMounts"]}
        assert mounts["region"] == folder


def validated(*files: Path) -> str:
    """Hold files against the schemas of the API server; skips the test when they cannot be had."""
    uv = Path(sys.executable).with_name("uv")
    tool = [str(uv), "tool", "run", "--quiet", "--python", sys.executable, "--from", VALIDATOR]
    probe = subprocess.run(
        [*tool, "kubernetes-validate", "--version"], capture_output=True, text=True, check=False, timeout=300
    )
    if probe.returncode:
        pytest.skip(
            f"NOT RUN: {VALIDATOR} cannot be had, so deploy/k8s was not held against Kubernetes' schemas"
        )
    command = [*tool, "kubernetes-validate", "--strict", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_every_resource_is_valid_to_the_schemas_of_kubernetes() -> None:
    files = [
        each for folder in (BASE, OVERLAY) for each in folder.glob("*.yaml") if each.stem != "kustomization"
    ]
    assert validated(*files).count(" passed for resource ") == len(list(resources(BASE, OVERLAY)))


def test_what_does_not_fit_the_schemas_is_found(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text((BASE / "migrate.yaml").read_text().replace("backoffLimit: 3", "backofLimit: 3"))
    with pytest.raises(AssertionError, match="backofLimit"):
        validated(wrong)


def test_the_overlay_can_be_rendered_and_is_valid_then_too(tmp_path: Path) -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("NOT RUN: kubectl is not here, so the overlay was not rendered")
    done = subprocess.run([kubectl, "kustomize", str(OVERLAY)], capture_output=True, text=True, check=True)
    rendered = list(yaml.safe_load_all(done.stdout))
    maps = {each["metadata"]["name"] for each in rendered if each["kind"] == "ConfigMap"}
    for each in (one for one in rendered if one["kind"] == "Deployment"):
        (region,) = [one for one in pod_of(each)["volumes"] if one["name"] == "region"]
        assert region["configMap"]["name"] in maps
        assert container_of(each)["image"].startswith("registry.region.example/jeugdregio:")
        assert each["metadata"]["namespace"] == "jeugdregio"
    (tmp_path / "rendered.yaml").write_text(done.stdout)
    assert validated(tmp_path / "rendered.yaml").count(" passed for resource ") == len(rendered)
