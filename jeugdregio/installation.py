"""Where a region's processes find what they need: databases, brokers, keys, as environment variables."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jeugdregio.data_folder import DataFolder
from jeugdregio.errors import StarterError
from jeugdregio.issuer import AUDIENCE, ISSUER
from jeugdregio.services import SERVICES, ServiceProcess

_OWN_ISSUER = ("JWKS_URL", "TOKEN_ISSUER", "TOKEN_AUDIENCE")
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Installation:
    """What the region runs on. `databases`: service -> address for an administrator, with password."""

    databases: Mapping[str, str]
    bootstrap: str
    embedded: bool
    region: Path

    def environment(self, process: ServiceProcess, data: DataFolder) -> dict[str, str]:
        """Give all that one process may know: its own role's password, nobody else's."""
        from shared.migrations import read_credentials, service_url  # noqa: PLC0415 - loads Alembic

        passwords = read_credentials(data.credentials)
        ports = data.ports
        own = {
            "SERVICE_DATABASE_URL": service_url(
                self.databases[process.service], process.service, process.kind, passwords
            ),
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
            "REGION_FILE": str(self.region),
            "HOST": HOST,
            "PORT": str(ports[process.port]),
            "METRICS_PORT": str(ports[process.metrics_port]),
        }
        defaults = {"PUBLIC_URL": f"https://localhost:{ports[process.port]}"}
        if self.embedded:
            own |= {"TOKEN_ISSUER": ISSUER, "TOKEN_AUDIENCE": AUDIENCE, "JWKS_URL": data.jwks.as_uri()}
        if process.name == "referrals-api":
            keys = data.secrets()
            defaults |= {
                "VAULT_KEYS": json.dumps(keys["vaultKeys"]),
                "VAULT_INDEX_KEY": keys["vaultIndexKey"],
                "DEMONSTRATION": "true" if self.embedded else "false",
            }
        return {**defaults, **_inherited(process), **own}


def given_databases(environment: Mapping[str, str] = os.environ) -> dict[str, str] | None:
    """Read the administrator's addresses of existing databases; None when the embedded one is wanted."""
    common = environment.get("DATABASE_URL")
    given = {service: environment.get(f"{service.upper()}_DATABASE_URL") or common for service in SERVICES}
    if not any(given.values()):
        return None
    missing = [service for service, url in given.items() if not url]
    if missing:
        raise StarterError(
            f"no database for {', '.join(missing)}: set DATABASE_URL, or {missing[0].upper()}_DATABASE_URL"
        )
    return {service: url for service, url in given.items() if url}


def require_own_issuer(environment: Mapping[str, str] = os.environ) -> None:
    """Refuse an existing database without an issuer of its own. Raises StarterError."""
    missing = [name for name in _OWN_ISSUER if not environment.get(name)]
    if missing:
        raise StarterError(
            f"with an existing database there are no development tokens: "
            f"set {', '.join(missing)} to those of your issuer"
        )


def _inherited(process: ServiceProcess) -> dict[str, str]:
    """Give the caller's environment without the keys that this process has no business with."""
    hidden = {"DATABASE_URL", *(f"{service.upper()}_DATABASE_URL" for service in SERVICES)}
    if process.name != "referrals-api":
        hidden |= {"VAULT_KEYS", "VAULT_INDEX_KEY"}
    hidden |= {name for name in os.environ if name.endswith("_PASSWORD")}
    return {name: value for name, value in os.environ.items() if name not in hidden}
