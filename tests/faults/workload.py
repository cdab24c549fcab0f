"""Load of many callers at once, from a printed seed, with a ledger of its own of what was answered."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from random import Random

import httpx

from tests.faults import writes
from tests.faults.ledger import Entry, Ledger, Write
from tests.faults.region import Region
from tests.faults.writes import MUNICIPALITIES, product, provider, withdrawn
from tests.waiting import until

LINES = 6
_PAUSE_SECONDS = 0.08
# How often callers send again what got no answer; the others leave it at not knowing.
_SENT_AGAIN = 0.6
_RECENT = 30


class Workload:
    """Lines of callers; each writes about its own provider, product, agreements and indications, one at a time."""

    def __init__(self, region: Region, seed: int) -> None:
        self.ledger = Ledger()
        self._seed = seed
        self._region = region
        draws = [Random(f"{seed}/{line}") for line in range(LINES)]
        self._lines = [_Line(number, draw, self.ledger) for number, draw in enumerate(draws)]
        self._told = asyncio.Event()

    async def begin(self) -> None:
        """Send what everything else hangs on: each line's provider and product."""
        for line in self._lines:
            for write in line.first():
                await self.send(write)

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[Ledger]:
        """Send for as long as the block runs; afterwards every call has ended."""
        print(f"workload seed: {self._seed}")  # noqa: T201 - shown with a failure
        self._told.clear()
        async with asyncio.TaskGroup() as group:
            for line in self._lines:
                group.create_task(self._run(line))
            try:
                yield self.ledger
            finally:
                self._told.set()

    async def acknowledges(self, more: int) -> None:
        """Wait until so many more calls were acknowledged."""
        wanted = self.ledger.ends["acknowledged"] + more

        async def acknowledged() -> bool:
            return self.ledger.ends["acknowledged"] >= wanted

        await until(acknowledged)

    async def send(self, write: Write) -> httpx.Response | None:
        """Send one and note how it ended; None: nobody knows."""
        try:
            answer = await self._region.send(
                write.service, write.method, write.path,
                role=write.role, organisation=write.organisation, body=write.body,
            )  # fmt: skip
        except httpx.TransportError:
            answer = None
        self.ledger.answered(write, answer)
        return answer

    async def _run(self, line: "_Line") -> None:
        while not self._told.is_set():
            write = line.next()
            again = write.entry.kind != "indication" or line.draw.random() < _SENT_AGAIN
            await self._until_definite(write, again=again)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _until_definite(self, write: Write, *, again: bool) -> None:
        while True:
            answer = await self.send(write)
            if (answer is not None and answer.status_code < 500) or not again or self._told.is_set():
                return
            await asyncio.sleep(_PAUSE_SECONDS)


class _Line:
    """One caller at a time makes up what to send next."""

    def __init__(self, number: int, draw: Random, ledger: Ledger) -> None:
        self.draw = draw
        self._number = number
        self._ledger = ledger
        self._own: list[Entry] = []

    def first(self) -> Iterator[Write]:
        yield writes.put_provider(self._ledger, self.draw, provider(self._number))
        yield writes.put_product(self._ledger, self.draw, product(self._number))

    def next(self) -> Write:
        kinds, weights = zip(*_KINDS.items(), strict=True)
        (kind,) = self.draw.choices(kinds, weights)
        return self._made_up(kind) or self._indication()

    def _made_up(self, kind: str) -> Write | None:
        match kind:
            case "provider":
                return writes.put_provider(self._ledger, self.draw, provider(self._number))
            case "product":
                return writes.put_product(self._ledger, self.draw, product(self._number))
            case "agreement":
                return self._agreement()
        known = [each for each in self._own if each.there and each.doubt is None and not withdrawn(each)]
        if kind == "new" or not known:
            return None
        return _CHANGES[kind](self.draw.choice(known[-_RECENT:]), self.draw)

    def _indication(self) -> Write:
        write = writes.new_indication(
            self._ledger,
            self.draw,
            bsn=writes.client(self._number, self.draw.randint(0, 1_000)),
            agb=provider(self.draw.randrange(LINES)),
            code=product(self.draw.randrange(LINES)),
            municipality=self.draw.choice(MUNICIPALITIES),
        )
        self._own.append(write.entry)
        return write

    def _agreement(self) -> Write:
        code = product(self.draw.randrange(LINES))
        entry = self._ledger.entry("agreement", provider(self._number), code)
        if entry.state is not None and not withdrawn(entry) and self.draw.random() < 0.2:
            return writes.withdraw_agreement(entry)
        return writes.put_agreement(self._ledger, self.draw, *entry.key)


_KINDS = {
    "new": 45, "correction": 20, "withdrawal": 7, "same": 5, "older": 5, "wrong": 5,
    "agreement": 8, "product": 3, "provider": 2,
}  # fmt: skip
_CHANGES: dict[str, Callable[[Entry, Random], Write]] = {
    "correction": writes.correction,
    "wrong": writes.wrong,
    "withdrawal": lambda entry, _: writes.withdrawal(entry),
    "same": lambda entry, _: writes.same_again(entry),
    "older": lambda entry, _: writes.older(entry),
}
