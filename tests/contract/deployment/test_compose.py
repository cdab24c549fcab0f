"""docker-compose.yml tells every process what it needs, under names that exist. No engine is at hand to run it."""

import re
from typing import Any

import pytest

from jeugdregio.services import ALL, ServiceProcess
from shared import health
from shared.health import Checks
from tests.contract.deployment.files import (
    OF_MIGRATE,
    PASSWORDS,
    ROOT,
    compose,
    filled,
    image_environment,
    names,
    required,
    settings_of,
    variables,
)

PROCESSES = ALL
COMPOSE = compose()["services"]
TEXT = (ROOT / "docker-compose.yml").read_text()
_KEY = "A" * 43 + "="
VALUES = {
    "PUBLIC_URL": "https://api.region.example",
    "TOKEN_ISSUER": "https://issuer.region.example",
    "TOKEN_AUDIENCE": "jeugdregio",
    "JWKS_URL": "https://issuer.region.example/keys",
    "VAULT_KEYS": f'{{"1": "{_KEY}"}}',
    "VAULT_INDEX_KEY": _KEY,
    "POSTGRES_PASSWORD": "administrator",
    **{name: f"secret{number}" for number, name in enumerate(sorted(PASSWORDS))},
}
of_every_process = pytest.mark.parametrize("process", PROCESSES, ids=lambda one: one.name)


def test_there_is_a_container_for_each_process_and_engine_and_for_the_migration() -> None:
    assert COMPOSE.keys() == {"postgres", "kafka", "migrate", *(process.name for process in PROCESSES)}
    assert COMPOSE["migrate"]["command"] == ["migrate"]
    assert COMPOSE["postgres"]["image"] == "postgres:18"


def test_the_broker_is_the_one_that_is_tested() -> None:
    (version,) = re.findall(
        r"kafka_2\.13-([0-9.]+)\.jar", (ROOT / "jeugdregio/engines/kafka-jars.txt").read_text()
    )
    assert COMPOSE["kafka"]["image"] == f"apache/kafka:{version}"


@of_every_process
def test_a_process_is_told_what_it_needs_by_names_that_exist(process: ServiceProcess) -> None:
    container, settings = COMPOSE[process.name], settings_of(process)
    environment = container["environment"]
    assert container["command"] == process.command
    assert environment.keys() <= names(settings)
    assert required(settings) <= environment.keys() | image_environment().keys()


@of_every_process
def test_a_process_accepts_what_it_is_told(process: ServiceProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in names(settings_of(process)):
        monkeypatch.delenv(name, raising=False)
    environment = filled(COMPOSE[process.name]["environment"], VALUES)
    for name, value in (image_environment() | environment).items():
        if name in names(settings_of(process)):
            monkeypatch.setenv(name, value)
    settings: Any = settings_of(process)()
    url = settings.service_database_url.get_secret_value()
    role = f"{process.service}_{process.kind}"
    assert url == f"postgresql://{role}:{VALUES[f'{role}_PASSWORD'.upper()]}@postgres:5432/jeugdregio"
    assert (settings.host, settings.port, settings.metrics_port) == ("0.0.0.0", 8000, 9000)  # noqa: S104


def test_the_migration_knows_all_passwords_and_nobody_else_more_than_its_own() -> None:
    assert COMPOSE["migrate"]["environment"].keys() == OF_MIGRATE
    for process in PROCESSES:
        told = variables(str(COMPOSE[process.name]["environment"])) & (PASSWORDS | {"POSTGRES_PASSWORD"})
        assert told == {f"{process.service}_{process.kind}_PASSWORD".upper()}


def test_what_has_to_be_filled_in_stands_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text()
    assert set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE)) == variables(TEXT) == VALUES.keys()
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()


@of_every_process
def test_it_starts_after_the_migration_and_is_asked_whether_it_is_ready(process: ServiceProcess) -> None:
    container = COMPOSE[process.name]
    assert container["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    ((port, path),) = re.findall(r"http://127\.0\.0\.1:(\d+)(/\w+)", str(container["healthcheck"]["test"]))
    assert port == image_environment()["METRICS_PORT"]
    assert path in {route.path for route in health.routes(Checks())}


def test_the_engines_are_ready_before_the_migration() -> None:
    assert COMPOSE["migrate"]["depends_on"] == {
        "postgres": {"condition": "service_healthy"},
        "kafka": {"condition": "service_healthy"},
    }
    assert all(COMPOSE[name]["healthcheck"]["test"] for name in ("postgres", "kafka"))


def test_each_api_has_a_port_of_its_own_on_loopback_and_no_worker_has_one() -> None:
    published = [port for each in COMPOSE.values() for port in each.get("ports", ())]
    assert len(set(published)) == len(published) == len([one for one in PROCESSES if one.kind == "api"])
    for port in published:
        address, _, inside = port.rpartition(":")
        assert inside == image_environment()["PORT"]
        assert address.startswith("127.0.0.1:")
    assert all("ports" in COMPOSE[one.name] for one in PROCESSES if one.kind == "api")


@of_every_process
def test_the_region_file_is_where_the_image_looks_for_it(process: ServiceProcess) -> None:
    inside = image_environment()["REGION_FILE"]
    assert COMPOSE[process.name]["volumes"] == [f"./region.toml:{inside}:ro"]
    assert COMPOSE[process.name]["read_only"] is True
