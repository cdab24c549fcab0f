"""From a provider's portal to a referrer's screen, in a running region with its own processes."""

from datetime import timedelta

from shared.values.moments import AMSTERDAM, now
from tests.system.front_door import FrontDoor, Json
from tests.waiting import until

# Reported as of today, long after the months that the published figures are about.
TODAY = now().astimezone(AMSTERDAM).date()


async def due(region: FrontDoor, provider: str) -> list[Json]:
    answer = await region.read(
        "availability", "/waiting-times", role="provider", organisation=provider, due="true"
    )
    items: list[Json] = answer["items"]
    return items


async def provider_with_something_due(region: FrontDoor) -> str:
    for provider in region.program.region["tokens"]["provider"]:
        if await due(region, provider):
            return str(provider)
    raise AssertionError("the example has no provider with a token and an agreement in force")


async def test_what_a_provider_reports_is_found_at_once_and_told_to_who_follows_the_journal(
    region: FrontDoor,
) -> None:
    provider = await provider_with_something_due(region)
    asked = await due(region, provider)
    reports = [
        {
            "provider": provider,
            "location": each["location"],
            "product": each["product"],
            "referenceDate": (TODAY - timedelta(days=1)).isoformat(),
            "intakeWeeks": 0,
            "startWeeks": 1,
            "admission": "accepting",
        }
        for each in asked
    ]
    wrong = reports[0] | {"location": "nowhere"}
    who = {"role": "provider", "organisation": provider}
    answer = await region.write(
        "POST", "availability", "/waiting-times", {"reports": [*reports, wrong]}, **who
    )
    outcomes = [each["outcome"] for each in answer["results"]]
    assert outcomes == ["created"] * len(reports) + ["refused"]

    search = {"role": "referrer", "provider": provider, "maximumWait": 1, "accepting": "true"}
    found = (await region.read("availability", "/offers", **search))["items"]
    assert [(each["totalWeeks"], each["ageDays"], each["stale"]) for each in found] == [(1, 1, False)] * len(
        asked
    )
    assert {(each["location"]["code"], each["product"]) for each in found} == {
        (each["location"], each["product"]) for each in asked
    }
    assert await due(region, provider) == []

    confirmed = {
        "provider": provider,
        "location": reports[0]["location"],
        "stillCorrect": True,
        "referenceDate": TODAY.isoformat(),
    }
    answer = await region.write("POST", "availability", "/waiting-times", {"reports": [confirmed]}, **who)
    # Also what was reported there before this test.
    at_the_location = {"provider": provider, "location": confirmed["location"]}
    here = len((await region.read("availability", "/waiting-times", **who, **at_the_location))["items"])
    assert answer["results"] == [{"outcome": "confirmed", "confirmed": here, "errors": []}]

    expected = {(each["location"], each["product"], each["referenceDate"]) for each in reports}

    async def told() -> bool:
        events = [each async for each in region.events("availability", **who)]
        assert {each["data"]["provider"] for each in events} <= {provider}
        return expected <= {
            (each["data"]["location"], each["data"]["product"], each["data"]["referenceDate"])
            for each in events
        }

    await until(told)
