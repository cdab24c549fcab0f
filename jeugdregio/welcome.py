"""What people see once a region is running: where everything is, and lines to paste."""

import json
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from jeugdregio.data_folder import DataFolder
from jeugdregio.services import KINDS

# Passes the check of a citizen number, in the range that is never given out.
_TEST_BSN = "999990019"
_FIGURE = "unique-clients"
# Every provider of the example has a token; all municipalities are named, of the providers the first.
_NAMED = 10


def show(console: Console, region: dict[str, Any], data: DataFolder) -> None:
    for line in [*_addresses(region), *_tokens(region, data), *_places(region, data)]:
        console.print(line, soft_wrap=True, highlight=False)
    for explanation, line in curl_lines(region, data):
        console.print(f"[dim]# {explanation}[/dim]")
        console.print(line, soft_wrap=True, markup=False, highlight=False)
    console.print("\nHow is it doing: [bold].venv/bin/jeugdregio doctor[/bold]   Stop: [bold]Ctrl-C[/bold]")


def curl_lines(region: dict[str, Any], data: DataFolder) -> list[tuple[str, str]]:
    """Give (explanation, line) of commands that work when pasted; none without tokens."""
    if not region["tokens"]:
        return []
    municipality, provider = (next(iter(region["tokens"][role])) for role in ("municipality", "provider"))
    own, analyst = (_header(region, data, role) for role in ("municipality", "analyst"))
    referrals, monitoring = (region["services"][name]["url"] for name in ("referrals", "monitoring"))
    body = {
        "bsn": _TEST_BSN, "birthYear": 2012, "product": "43A09", "provider": provider,
        "decidedAt": "2023-03-20T09:00:00Z", "sentAt": "2023-03-20T10:00:00Z",
        "from": "2023-04-01", "to": "2023-12-31", "volume": 7, "unit": "14", "frequency": "2",
        "referrer": {"type": "01"},
    }  # fmt: skip
    put = f"{referrals}/indications/{municipality}/900000001"
    figure = f"{monitoring}/figures/{_FIGURE}?period=month&from=2023-04&to=2023-04&by=product"
    before = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return [
        (
            "push an indication",
            f"curl -X PUT {own} -H 'Content-Type: application/json' -d {shlex.quote(json.dumps(body))} {put}",
        ),
        ("read a figure now", f"curl {analyst} '{figure}'"),
        ("read it as known before that indication", f"curl {analyst} '{figure}&asOf={before}'"),
        ("page the journal", f"curl {own} '{referrals}/events?pageSize=5'"),
    ]


def _header(region: dict[str, Any], data: DataFolder, role: str) -> str:
    organisation = next(iter(region["tokens"][role]))
    return f"-H {shlex.quote(f'@{data.tokens}/{role}-{organisation}')}"


def _addresses(region: dict[str, Any]) -> Iterator[str]:
    yield "[bold]Documentation, and metrics of api and worker[/bold]"
    for name, service in region["services"].items():
        metrics = "  ".join(f"{service['metrics'][kind]}/metrics" for kind in KINDS)
        yield f"  {name:<13} {service['documentation']}  {metrics}"


def _tokens(region: dict[str, Any], data: DataFolder) -> Iterator[str]:
    if not region["tokens"]:
        return
    yield "[bold]A token per role[/bold], as a header file for curl"
    for role, by_organisation in region["tokens"].items():
        first, *others = by_organisation
        named = [*others[:_NAMED], *([f"{len(others) - _NAMED} more"] if len(others) > _NAMED else [])]
        more = f"  (and {', '.join(named)})" if others else ""
        yield f"  {role:<17} -H @{data.tokens}/{role}-{first}{more}"


def _places(region: dict[str, Any], data: DataFolder) -> Iterator[str]:
    yield "[bold]Engines[/bold]"
    for address in dict.fromkeys(region["database"].values()):
        yield f"  PostgreSQL    {address}"
    yield f"  Kafka         {region['brokers']}"
    yield f"[bold]All of it, tokens included[/bold]\n  {data.region_file}\n"
