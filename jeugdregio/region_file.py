"""`.data/region.json`: where everything of a running region is, for scripts, tests and people.

{"region": "...", "startedAt": "...", "embedded": true,
 "services": {"referrals": {"url": "http://127.0.0.1:20001/referrals/v1",
                            "documentation": "...", "openapi": "...",
                            "metrics": {"api": "http://127.0.0.1:20002", "worker": "..."}}, ...},
 "tokens": {"municipality": {"0743": "..."}, "provider": {...}, ...},
 "database": {"referrals": "postgresql://127.0.0.1:20003/jeugdregio", ...}, "brokers": "127.0.0.1:20004",
 "processes": {"starter": 1, "postgres": 2, "kafka": 3, "referrals-api": 4, ...}, "logs": "..."}
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from jeugdregio.data_folder import DataFolder, write_secret
from jeugdregio.installation import HOST, Installation
from jeugdregio.issuer import Issuer
from jeugdregio.services import KINDS, SERVICES
from shared.values.region import Region

_OTHER_REGION = "00000099000000020020"
_REFERRER = "00000099000000030030"

Tokens = dict[str, dict[str, str]]


def compose(
    region: Region, installation: Installation, data: DataFolder, tokens: Tokens, processes: Mapping[str, int]
) -> dict[str, Any]:
    """Describe the running region. Database addresses come without user and password."""
    return {
        "region": region.name,
        "startedAt": datetime.now(UTC).isoformat(timespec="seconds"),
        "embedded": installation.embedded,
        "services": {service: _addresses(service, data) for service in SERVICES},
        "tokens": tokens,
        "database": {service: _without_user(url) for service, url in installation.databases.items()},
        "brokers": installation.bootstrap,
        "processes": dict(processes),
        "logs": str(data.logs),
    }


def as_text(description: dict[str, Any]) -> str:
    return json.dumps(description, indent=1)


def make_tokens(region: Region, issuer: Issuer) -> Tokens:
    """Make a token for each organisation that people play in a tried-out region."""
    return {
        role: {organisation: issuer.token(role, organisation) for organisation in organisations}
        for role, organisations in _organisations(region).items()
    }


def write_tokens(tokens: Tokens, data: DataFolder) -> None:
    """Write each token as a header file, so that a `curl -H @file` line stays short and shows no token."""
    for role, by_organisation in tokens.items():
        for organisation, token in by_organisation.items():
            write_secret(data.tokens / f"{role}-{organisation}", f"Authorization: Bearer {token}\n")


def _organisations(region: Region) -> dict[str, tuple[str, ...]]:
    from demo.offer import PROVIDERS  # noqa: PLC0415 - the example is not part of a production image

    return {
        "municipality": tuple(region.names),
        "provider": tuple(PROVIDERS),
        "referrer": (_REFERRER,),
        "contract-manager": (region.oin,),
        "analyst": (region.oin,),
        "peer": (_OTHER_REGION,),
        "operator": (region.oin,),
    }


def _addresses(service: str, data: DataFolder) -> dict[str, Any]:
    url = f"http://{HOST}:{data.ports[f'{service}-api']}/{service}/v1"
    return {
        "url": url,
        "documentation": f"{url}/docs",
        "openapi": f"{url}/openapi.json",
        "metrics": {kind: f"http://{HOST}:{data.ports[f'{service}-{kind}-metrics']}" for kind in KINDS},
    }


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
