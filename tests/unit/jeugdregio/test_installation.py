"""What each process is told: all that it needs, and nobody else's secrets."""

import json
from pathlib import Path

import pytest

from jeugdregio.data_folder import DataFolder
from jeugdregio.errors import StarterError
from jeugdregio.installation import Installation, given_databases, require_own_issuer
from jeugdregio.services import ALL, SERVICES, ServiceProcess
from shared.settings import Settings, load


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    """Give a data folder with the passwords that `migrate` leaves."""
    folder = DataFolder(tmp_path)
    roles = [f"{service}_{kind}" for service in SERVICES for kind in ("owner", "api", "worker")]
    folder.credentials.write_text(json.dumps({role: f"password-of-{role}" for role in roles}))
    return folder


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    url = "postgresql://postgres:top@127.0.0.1:20001/jeugdregio"
    region = tmp_path / "region.toml"
    return Installation(dict.fromkeys(SERVICES, url), "127.0.0.1:20002", embedded=True, region=region)


@pytest.mark.parametrize("process", ALL, ids=lambda process: process.name)
def test_a_process_gets_the_password_of_its_own_role_only(
    process: ServiceProcess, installation: Installation, data: DataFolder
) -> None:
    environment = installation.environment(process, data)
    told = " ".join(environment.values())
    assert f"password-of-{process.service}_{process.kind}@" in environment["SERVICE_DATABASE_URL"]
    assert told.count("password-of-") == 1
    assert ":top@" not in told


@pytest.mark.parametrize("process", ALL, ids=lambda process: process.name)
def test_only_the_api_of_referrals_gets_the_keys_of_the_client_vault(
    process: ServiceProcess, installation: Installation, data: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAULT_INDEX_KEY", "the caller's own")
    environment = installation.environment(process, data)
    assert ("VAULT_KEYS" in environment) == (process.name == "referrals-api")
    assert ("VAULT_INDEX_KEY" in environment) == (process.name == "referrals-api")


def test_the_administrator_is_not_handed_on(
    installation: Installation, data: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://admin:top@db.example/jeugdregio")
    monkeypatch.setenv("MONITORING_DATABASE_URL", "postgresql://admin:top@db.example/monitoring")
    assert ":top@" not in " ".join(installation.environment(ALL[0], data).values())


def test_what_a_process_is_told_is_complete(
    installation: Installation, data: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in installation.environment(ServiceProcess("contracts", "api"), data).items():
        monkeypatch.setenv(name, value)
    settings = load(Settings)
    assert settings.port == data.ports["contracts-api"]
    assert settings.metrics_port == data.ports["contracts-api-metrics"]
    assert settings.host == "127.0.0.1"


def test_without_addresses_the_embedded_database_is_meant() -> None:
    assert given_databases({}) is None


def test_a_service_can_have_a_database_elsewhere() -> None:
    given = given_databases({"DATABASE_URL": "one", "MONITORING_DATABASE_URL": "other"})
    assert given == {"referrals": "one", "contracts": "one", "availability": "one", "monitoring": "other"}


def test_a_database_for_some_services_only_is_said_in_one_line() -> None:
    with pytest.raises(StarterError, match="no database for contracts, availability, monitoring"):
        given_databases({"REFERRALS_DATABASE_URL": "one"})


def test_an_existing_database_needs_an_issuer_of_its_own() -> None:
    with pytest.raises(StarterError, match="set TOKEN_ISSUER, TOKEN_AUDIENCE"):
        require_own_issuer({"JWKS_URL": "https://issuer.example/keys"})
