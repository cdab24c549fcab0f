"""After a fault: every acknowledged write is with its owner and in every reader, and nothing else is.

Findings are collected, not raised, so that a test can say which ones a sabotage has to give.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Any, NamedTuple

from tests.faults import expected
from tests.faults.ledger import Entry, Ledger
from tests.faults.region import REFERRER, REGION_OIN, Region
from tests.faults.stored import stored
from tests.faults.writes import MUNICIPALITIES, YEAR

APART = "0866"
"""A municipality that the workload leaves to tests which write one indication by hand."""
PLACES = (*MUNICIPALITIES, APART)
# All agreements here hold on the first of these.
_DAYS = (date(YEAR, 1, 1), date(YEAR, 7, 15), date(YEAR + 1, 1, 15))

_OF_CONTRACTS: dict[str, tuple[str, ...]] = {
    "product": ("code",),
    "provider": ("agb",),
    "agreement": ("provider", "product"),
}


class Finding(NamedTuple):
    """Where something is not as it was acknowledged: answer, owner, events, journal, copy, figures or offers."""

    where: str
    what: str


async def verify(region: Region, ledger: Ledger, within: float = 60) -> list[Finding]:
    """Wait until readers promise to know all that was acknowledged, then compare everything. Settles doubts."""
    await region.drained(within=within)
    found = [Finding("answer", what) for what in ledger.surprises]
    ids: Ids = {}
    found += [finding async for finding in _owners(region, ledger, ids)]
    found += [finding async for finding in _events(region, ids)]
    found += [Finding(where, what) for where, what in await stored(region)]
    found += [finding async for finding in _figures(region, ledger)]
    found += [finding async for finding in _offers(region, ledger)]
    return found


Ids = dict[str, Entry]
"""Ids of aggregates, as their owners say."""


async def _owners(region: Region, ledger: Ledger, ids: Ids) -> AsyncIterator[Finding]:
    """Compare what stands with the owners, and settle what nobody knew."""
    items: dict[str, dict[tuple[str, ...], Any]] = defaultdict(dict)
    for place in PLACES:
        for item in await region.pages("referrals", "/indications", role="municipality", organisation=place):
            items["indication"][place, str(item["assignmentNumber"])] = item
    for kind, key in _OF_CONTRACTS.items():
        path = f"/{kind}s"
        for item in await region.pages("contracts", path, role="contract-manager", organisation=REGION_OIN):
            items[kind][tuple(item[name] for name in key)] = item
    for kind, entries in ledger.kinds.items():
        for key in items[kind].keys() - entries.keys():
            yield Finding("owner", f"{kind} {key} is there and was never sent")
        for entry in list(entries.values()):
            found = items[kind].get(entry.key)
            for finding in _owned(entry, found):
                yield finding
            if found is not None:
                ids[found["id"]] = entry


def _owned(entry: Entry, item: dict[str, Any] | None) -> Iterator[Finding]:
    version = item["version"] if item else 0
    entry.settle(version)
    if entry.version != version:
        yield Finding("owner", f"{entry.kind} {entry.key}: version {version}, acknowledged {entry.version}")
    elif item and entry.state and (differing := _differing(entry.state, item)):
        yield Finding("owner", f"{entry.kind} {entry.key}: {differing} are not as acknowledged")


def _differing(state: dict[str, Any], item: dict[str, Any]) -> list[str]:
    wanted = {**state.get("body", state), "withdrawn": state.get("withdrawn")}
    return [
        name
        for name, value in wanted.items()
        if name not in {"bsn", "sent"} and not _same(value, item.get(name))
    ]


def _same(sent: Any, shown: Any) -> bool:  # noqa: ANN401 - any JSON
    """Compare what was sent with what is shown, which may have nulls where nothing was sent."""
    if isinstance(sent, dict):
        return isinstance(shown, dict) and all(_same(value, shown.get(name)) for name, value in sent.items())
    if isinstance(sent, list):
        return len(sent) == len(shown) and all(map(_same, sent, shown))
    return bool(sent == shown)


async def _events(region: Region, ids: Ids) -> AsyncIterator[Finding]:
    """Read both journals over HTTP, as all organisations together: no position and no version is missing."""
    versions: dict[str, list[int]] = defaultdict(list)
    for service, roles in (
        ("referrals", [("municipality", place) for place in PLACES]),
        ("contracts", [("contract-manager", REGION_OIN), *(("municipality", place) for place in PLACES)]),
    ):
        events = await _journal(region, service, roles)
        positions = sorted(events)
        if positions != list(range(1, len(positions) + 1)):
            yield Finding("events", f"{service}: {len(positions)} events up to position {positions[-1]}")
        for position in positions:
            versions[events[position][0]].append(events[position][1])
    for subject, seen in versions.items():
        if seen != list(range(1, len(seen) + 1)):
            yield Finding("events", f"{subject} has versions {seen}")
    for id_, entry in ids.items():
        if len(versions.get(id_, ())) != entry.version:
            seen = versions.get(id_, [])
            yield Finding("events", f"{entry.kind} {entry.key} stands at {entry.version}, published {seen}")


async def _journal(
    region: Region, service: str, callers: list[tuple[str, str]]
) -> dict[int, tuple[str, int]]:
    """Read position -> (aggregate and its kind, version), from all that these callers may see."""
    events: dict[int, tuple[str, int]] = {}
    for role, organisation in callers:
        link, before = "/events?pageSize=1000", ""
        while link != before:
            answer = await region.send(service, "GET", link, role=role, organisation=organisation)
            assert answer.status_code == 200, answer.text
            for event in answer.json():
                valuation = ".valuation." in event["type"]
                subject = f"value of {event['subject']}" if valuation else event["subject"]
                events[int(event["position"])] = (subject, event["version"])
            before, link = link, answer.links["next"]["url"].removeprefix(f"/{service}/v1")
    return events


async def _figures(region: Region, ledger: Ledger) -> AsyncIterator[Finding]:
    """Compare the figures of all months and the year with the ledger."""
    wanted = expected.figures(ledger)
    for figure, clients in (
        ("unique-clients", wanted.clients),
        ("clients-at-contracted-providers", wanted.contracted),
        ("clients-at-bespoke-providers", wanted.bespoke),
    ):
        counted = {cell: len(several) for cell, several in clients.items() if several}
        path = f"/figures/{figure}?period=month&from={YEAR}-01&to={YEAR}-12&by=municipality"
        async for finding in _compared(region, figure, path, counted):
            yield finding
    granted = {cell: round(cents) for cell, cents in wanted.granted.items()}
    path = f"/figures/granted-amount?period=year&from={YEAR}&by=municipality"
    async for finding in _compared(region, "granted-amount", path, granted):
        yield finding


async def _compared(
    region: Region, figure: str, path: str, wanted: dict[expected.Cell, int]
) -> AsyncIterator[Finding]:
    answer = await region.read("monitoring", path, role="analyst", organisation=REGION_OIN)
    rows = answer["rows"]
    answered = {(row["period"], row["municipality"]): row["value"] for row in rows if row["value"]}
    if differing := sorted(
        cell for cell in answered.keys() | wanted if answered.get(cell) != wanted.get(cell)
    ):
        cell = differing[0]
        what = (
            f"{answered.get(cell)} in {cell} instead of {wanted.get(cell)}, and {len(differing) - 1} others"
        )
        yield Finding("figures", f"{figure}: {what}")
    if any(row.get("incomplete") or row.get("notValued") for row in rows):
        yield Finding("figures", f"{figure} says that it is not complete")


async def _offers(region: Region, ledger: Ledger) -> AsyncIterator[Finding]:
    for day in _DAYS:
        items = await region.pages(
            "availability", f"/offers?on={day}", role="referrer", organisation=REFERRER
        )
        offered = {
            (item["provider"], item["providerName"], item["product"], item["nameNl"], item["to"])
            for item in items
        }
        if differing := offered ^ expected.offers(ledger, day):
            yield Finding("offers", f"on {day}: {sorted(map(str, differing))[:4]}")
