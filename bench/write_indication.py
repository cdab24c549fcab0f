"""write.indication: a single PUT with 32 connections, beside pgbench that calls the same function on the same server."""

import asyncio
import base64
import itertools
import json
import re
import statistics
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.indications import body, puts
from bench.load import Measured, load
from bench.region import standing_workers
from jeugdregio.engines.postgres import installation
from services.referrals.clients.domain import Vault
from services.referrals.indications.schemas import IndicationBody
from shared.auth import Principal, Role
from shared.migrations import read_credentials, service_url
from shared.processing_log import record

ROUNDS = 5
CONNECTIONS = 32
CLIENTS = 16
SECONDS = 6
_FIRST_OF_PGBENCH = 500_000_000
_OF_EACH_CLIENT = 10_000_000


def measure(region: dict[str, Any]) -> list[dict[str, Any]]:
    """Alternate both, and report the medians of all rounds and their ratio."""
    numbers = itertools.count(1)
    rates, limits, runs = [], [], []
    with standing_workers(region):
        for round_ in range(ROUNDS):
            limits.append(_pgbench(region, round_))
            runs.append(_over_http(region, numbers))
            rates.append(runs[-1].rate)
    value, limit = statistics.median(rates), statistics.median(limits)
    return [
        {
            "name": "write.indication",
            "value": round(value),
            "unit": "writes/s",
            "limit": round(limit),
            "ratio": round(value / limit, 3),
            "aim": 0.45,
            "spread": [round(min(rates)), round(max(rates))],
            "p50_ms": round(statistics.median(run.percentile(0.5) for run in runs) * 1000, 1),
            "p99_ms": round(statistics.median(run.percentile(0.99) for run in runs) * 1000, 1),
        }
    ]


def _over_http(region: dict[str, Any], numbers: "itertools.count[int]") -> Measured:
    parts = urlsplit(region["services"]["referrals"]["url"])
    address = (parts.hostname or "", parts.port or 0)
    measured = asyncio.run(load(address, puts(region, numbers), connections=CONNECTIONS, seconds=SECONDS))
    if set(measured.statuses) != {201}:
        raise ValueError(f"not every write was created: {measured.statuses}")
    return measured


def _pgbench(region: dict[str, Any], round_: int) -> float:
    folder = Path(region["folder"])
    script = folder / "write_indication.sql"
    script.write_text(_script(folder, round_))
    passwords = read_credentials(folder / "credentials.json")
    url = service_url(region["database"]["referrals"], "referrals", "api", passwords)
    command = [str(installation() / "bin" / "pgbench"), "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "1"]
    command += ["-T", str(SECONDS), "-D", "i=0", "-f", str(script), url]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS + 60)
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    if found is None or "number of failed transactions: 0 " not in done.stdout:
        raise ValueError(done.stdout + done.stderr)
    return float(found[1])


def _script(folder: Path, round_: int) -> str:
    """The same transaction as the service's: set the organisation, call the function with one record."""
    keys = json.loads((folder / "keys.json").read_text())
    vault = Vault({int(version): key for version, key in keys["vaultKeys"].items()}, keys["vaultIndexKey"])
    parsed = IndicationBody.model_validate(body(1))
    seal = vault.seal(parsed.bsn)
    sent = {
        "ordinal": 0,
        "municipality": "0794",
        "decidedAt": parsed.decided_at.isoformat(),
        "sentAt": parsed.sent_at.isoformat(),
        "withdrawal": False,
        "reason": None,
        "content": parsed.content(),
        "bsnIndex": seal.index.hex(),
        "bsnSealed": seal.sealed.hex(),
        "keyVersion": seal.key_version,
    }
    principal = Principal(Role.MUNICIPALITY, "0794", "bench", "bench")
    log = record("recordIndication", principal, service="referrals", start_time=datetime.now(UTC)).as_json()
    first = _FIRST_OF_PGBENCH + round_ * CLIENTS * _OF_EACH_CLIENT // ROUNDS
    return f"""
\\set i :i + 1
\\set number {first} + :client_id * {_OF_EACH_CLIENT // ROUNDS} + :i
begin;
select set_config('app.organisation', '0794', true), set_config('app.role', 'municipality', true);
select * from record_indications(
    jsonb_build_array({_jsonb(sent)} || jsonb_build_object('assignmentNumber', :number::int)), {_jsonb(log)});
commit;
"""


def _jsonb(value: object) -> str:
    """A JSON value as an expression without colons, which pgbench would take for variables."""
    encoded = base64.b64encode(json.dumps(value).encode()).decode()
    return f"convert_from(decode('{encoded}', 'base64'), 'utf8')::jsonb"
