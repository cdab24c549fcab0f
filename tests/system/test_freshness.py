"""What is pushed comes out as a figure while others keep writing."""

import asyncio
import time
from collections.abc import Callable
from itertools import count

from tests.system.front_door import FrontDoor
from tests.system.indications import MUNICIPALITIES, citizen_numbers, indication
from tests.waiting import until

_WRITES_PER_SECOND = 50
_WARM = 100  # writes that were answered before the one that is measured
_MONTH = "2028-06"
_OWN_PROVIDER = "98977001"


class Writers:
    """Puts new indications of all municipalities, so many a second whatever the answers take."""

    def __init__(self, region: FrontDoor) -> None:
        self.answered = 0
        self._region = region
        self._bsns = citizen_numbers(920_000_000)

    async def write(self) -> None:
        """Write until cancelled; a refused write fails all."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in count():
                group.create_task(self._one(number))
                # The pace of the load, not a wait for something.
                due = began + (number + 1) / _WRITES_PER_SECOND
                await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _one(self, number: int) -> None:
        municipality = MUNICIPALITIES[number % len(MUNICIPALITIES)]
        await self._region.put_indication(municipality, 700_000_000 + number, indication(next(self._bsns)))
        self.answered += 1


async def test_an_indication_comes_into_a_figure_while_50_writes_a_second_go_on(
    region: FrontDoor, record_property: Callable[[str, object], None]
) -> None:
    writers = Writers(region)
    writing = asyncio.create_task(writers.write())

    async def warm() -> bool:
        assert not writing.done()
        return writers.answered >= _WARM

    async def counted() -> bool:
        return await region.clients_at(_OWN_PROVIDER, _MONTH) == 1

    try:
        await until(warm)
        own = indication(next(citizen_numbers(930_000_000)), provider=_OWN_PROVIDER)
        await region.put_indication("0794", 699_999_999, own)
        answered = time.monotonic()
        await until(counted, within=60)
        record_property("from answer to figure (ms)", round((time.monotonic() - answered) * 1000))
        record_property("writes answered by then", writers.answered)
    finally:
        writing.cancel()
        await asyncio.wait([writing])
    assert writing.cancelled()
