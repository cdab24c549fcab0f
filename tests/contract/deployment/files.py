"""The files that say how the platform is run, read as data."""

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from jeugdregio.services import SERVICES, ServiceProcess
from shared.settings import Settings

ROOT = Path(__file__).parents[3]
BASE = ROOT / "deploy" / "k8s" / "base"
OVERLAY = ROOT / "deploy" / "k8s" / "overlays" / "example"
PASSWORDS = {
    f"{service}_{role}_PASSWORD".upper() for service in SERVICES for role in ("owner", "api", "worker")
}
# What `jeugdregio migrate` reads: no settings of a process, so that they are written down once here.
OF_MIGRATE = {"DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", *PASSWORDS}
_VARIABLE = re.compile(r"\$\{(\w+):\?[^}]*\}")
Json = dict[str, Any]


def settings_of(process: ServiceProcess) -> type[Settings]:
    """Give the settings that a process reads: what its service adds is for the api only."""
    own = f"services.{process.service}.settings"
    if process.kind == "api" and find_spec(own):
        settings: type[Settings] = import_module(own).Settings
        return settings
    return Settings


def names(settings: type[Settings]) -> set[str]:
    return {name.upper() for name in settings.model_fields}


def required(settings: type[Settings]) -> set[str]:
    return {name.upper() for name, field in settings.model_fields.items() if field.is_required()}


def compose() -> Json:
    document: Json = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return document


def variables(text: str) -> set[str]:
    """Give the variables that compose fills in; each has to be given."""
    found = set(_VARIABLE.findall(text))
    assert text.count("${") == len(_VARIABLE.findall(text)), "every variable says that it is required"
    return found


def filled(environment: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """Give an environment as compose fills it in."""
    return {name: _VARIABLE.sub(lambda found: values[found[1]], value) for name, value in environment.items()}


def image_environment() -> dict[str, str]:
    """Give what the image sets."""
    (block,) = re.findall(r"^ENV ((?:.*\\\n)*.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    return {name: value.strip('"') for name, value in re.findall(r"(\w+)=(\S+)", block)}


def resources(*folders: Path) -> Iterator[Json]:
    """Give every Kubernetes resource in these folders."""
    for folder in folders:
        for file in sorted(folder.glob("*.yaml")):
            if file.name != "kustomization.yaml":
                yield from yaml.safe_load_all(file.read_text())


def of_kind(kind: str, *folders: Path) -> dict[str, Json]:
    return {each["metadata"]["name"]: each for each in resources(*folders) if each["kind"] == kind}
