"""A provider says over HTTP when care starts and stops: before its indication is known, after it, and into the figures."""

from tests.system.front_door import FrontDoor
from tests.system.indications import citizen_numbers, indication
from tests.waiting import until

MUNICIPALITY = "0794"
_BSNS = citizen_numbers(956_000_000)
_NUMBER = 656_000_000
_CARE = f"/care-periods/{MUNICIPALITY}/{_NUMBER}/2028-02-01"
# Long after all that the example holds.
_PERIODS = {"2028-02": 1, "2028-03": 1, "2028-04": 0}


async def clients_in_care(region: FrontDoor, provider: str) -> dict[str, int]:
    """Count the clients in care of one provider, by month."""
    found = {}
    for period in _PERIODS:
        answer = await region.figure("clients-in-care", provider=provider, **{"from": period})
        found[period] = answer["rows"][0]["value"]
    return found


async def test_care_told_before_its_indication_counts_once_that_arrives_and_until_it_stops(
    region: FrontDoor,
) -> None:
    provider = next(iter(region.program.region["tokens"]["provider"]))
    before = await clients_in_care(region, provider)
    start = {"sentAt": "2028-02-02T09:00:00Z"}
    told = await region.write("PUT", "referrals", _CARE, start, role="provider")
    assert (told["outcome"], told["status"]) == ("created", "waiting")
    await region.complete()
    assert await clients_in_care(region, provider) == before

    body = indication(next(_BSNS), provider=provider, valid_from="2028-01-01", valid_to="2028-12-31")
    await region.put_indication(MUNICIPALITY, _NUMBER, body)
    seen = await region.read("referrals", _CARE, role="municipality", organisation=MUNICIPALITY)
    assert (seen["status"], seen["version"]) == ("accepted", 1)
    stop = {"sentAt": "2028-04-01T09:00:00Z", "to": "2028-03-31", "reasonOfEnding": "31"}
    assert (await region.write("PUT", "referrals", _CARE, stop, role="provider"))["version"] == 2

    async def counted() -> bool:
        now = await clients_in_care(region, provider)
        return {period: now[period] - before[period] for period in _PERIODS} == _PERIODS

    await until(counted)
