"""Sending the whole example again harms nothing."""

from typing import Any

from client.api import cursor_of
from demo.load import load
from tests.system.front_door import FrontDoor
from tests.system.indications import MUNICIPALITIES


async def journals(region: FrontDoor) -> list[tuple[str, str, str]]:
    """Service, id and version of every event, in the order of the journals."""
    readers = [
        ("contracts", "contract-manager", next(iter(region.program.region["tokens"]["contract-manager"])))
    ]
    readers += [
        (service, "municipality", code) for code in MUNICIPALITIES for service in ("referrals", "contracts")
    ]
    return [
        (reader[0], event["id"], event["version"])
        for reader in readers
        async for event in region.events(*reader)
    ]


async def listed(region: FrontDoor, service: str, path: str, **who: str) -> list[Any]:
    """All that a list holds, page by page."""
    found: list[Any] = []
    query: dict[str, Any] = {"pageSize": 1000}
    while True:
        page = await region.read(service, path, **who, **query)
        found += page["items"]
        if page["next"] is None:
            return found
        query["cursor"] = cursor_of(page["next"])


async def indications(region: FrontDoor) -> list[Any]:
    return [
        each
        for code in MUNICIPALITIES
        for each in await listed(region, "referrals", "/indications", role="municipality", organisation=code)
    ]


async def offer(region: FrontDoor) -> list[Any]:
    return [
        each
        for kind in ("products", "providers", "agreements")
        for each in await listed(region, "contracts", f"/{kind}", role="contract-manager")
    ]


async def test_loading_the_example_again_emits_no_event_and_changes_no_version(region: FrontDoor) -> None:
    await region.complete()
    before = await journals(region), await indications(region), await offer(region)
    summary = await load(region.program.region, lambda *_: None)
    assert summary.created == summary.changed == 0
    assert summary.total == summary.unchanged + summary.superseded > 400
    # Until here a valuation that changed after all would have come out too.
    await region.complete()
    assert (await journals(region), await indications(region), await offer(region)) == before
    assert len(before[0]) > len(before[1]) > 250
