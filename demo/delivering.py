"""Deliver the demonstration region's files to a running region, through the public APIs and nothing else.

Its history is told as it happened: an operator opens import windows, each organisation delivers its own, the windows close.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from demo.load import LoadError

_AT_ONCE: Final = 4
_LOOK_AGAIN_SECONDS: Final = 0.5
_TIMEOUT_SECONDS: Final = 300.0
_PAGE: Final = 1_000
_COUNTS: Final = ("created", "changed", "unchanged", "superseded", "refused")
_REASON: Final = "The demonstration region: five years as they happened"
Progress = Callable[[str, int, int], None]
"""Told a kind, how many of its records are done, and how many there are so far."""
TokenOf = Callable[[str, str], str]
"""A token of a role and an organisation."""
Json = dict[str, Any]


class UndeliveredError(LoadError):
    """A file was refused, or a delivery failed."""


@dataclass(frozen=True, slots=True)
class _File:
    """A file, and who delivers it to which service."""

    kind: str
    service: str
    role: str
    organisation: str
    path: Path


# After one another, since one judges by what the other brought; of a stage all kinds at once.
_STAGES: Final = (
    (("products", "contracts", "contract-manager"),),
    (("providers", "contracts", "contract-manager"),),
    (("agreements", "contracts", "contract-manager"),),
    (("indications", "referrals", "municipality"),),
    (
        ("care-periods", "referrals", "provider"),
        ("claims", "contracts", "provider"),
        ("waiting-times", "availability", "provider"),
    ),
)


@dataclass(slots=True)
class Delivering:
    """Delivers a folder of files to the region that `region` (the content of region.json) describes."""

    region: Json
    folder: Path
    token_of: TokenOf
    progress: Progress
    outcomes: Counter[str] = field(default_factory=Counter)
    _http: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=_TIMEOUT_SECONDS))

    async def all(self) -> Counter[str]:
        """Deliver everything and wait until it is applied; how the records were counted. Raises LoadError.

        Delivering again is harmless: what is there is unchanged.
        """
        stages = [[file for kind in stage for file in self._files(*kind)] for stage in _STAGES]
        try:
            async with self._http, self._importing([file for files in stages for file in files]):
                for files in stages:
                    await self._deliver(files)
        except httpx.HTTPError as error:
            raise UndeliveredError(
                f"a service did not answer ({type(error).__name__}): load again"
            ) from error
        return self.outcomes

    def _files(self, kind: str, service: str, role: str) -> Iterable[_File]:
        whole = self.folder / f"{kind}.ndjson.gz"
        if whole.exists():
            manager = next(iter(self.region["tokens"][role]))
            yield _File(kind, service, role, manager, whole)
        for path in sorted((self.folder / kind).glob("*.ndjson.gz")):
            yield _File(kind, service, role, path.name.partition(".")[0], path)

    @asynccontextmanager
    async def _importing(self, files: Sequence[_File]) -> AsyncIterator[None]:
        windows = sorted({(file.service, file.organisation) for file in files})
        await self._for_each(windows, self._open_window)
        yield
        await self._for_each(windows, self._close_window)

    async def _open_window(self, window: tuple[str, str]) -> None:
        service, organisation = window
        await self._operate("PUT", service, f"/import-windows/{organisation}", json={"reason": _REASON})

    async def _close_window(self, window: tuple[str, str]) -> None:
        service, organisation = window
        await self._operate("DELETE", service, f"/import-windows/{organisation}")

    async def _deliver(self, files: Sequence[_File]) -> None:
        """Send these files, and wait until all of them are applied."""
        following = {service: _Following(self, service) for service in {file.service for file in files}}
        async with asyncio.TaskGroup() as group:
            sending = [
                group.create_task(self._for_each([f for f in files if f.service == name], each.send))
                for name, each in following.items()
            ]
            for each in following.values():
                group.create_task(each.until_done(sending))

    async def _for_each(self, items: Sequence[Any], work: Callable[[Any], Any]) -> None:
        queue = iter(items)

        async def take() -> None:
            for item in queue:
                await work(item)

        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(take())

    async def _operate(self, method: str, service: str, path: str, **more: Any) -> Json:  # noqa: ANN401 - httpx's own
        operator = next(iter(self.region["tokens"]["operator"]))
        return await self.call(method, service, path, ("operator", operator), **more)

    async def call(self, method: str, service: str, path: str, who: tuple[str, str], **more: Any) -> Json:  # noqa: ANN401
        """Call a service as somebody. Raises UndeliveredError when it refuses."""
        headers = {"Authorization": f"Bearer {self.token_of(*who)}", **more.pop("headers", {})}
        url = self.region["services"][service]["url"] + path
        answer = await self._http.request(method, url, headers=headers, **more)
        if not answer.is_success:
            raise UndeliveredError(
                f"{method} {path} of {service} was answered {answer.status_code}: {answer.text}"
            )
        content: Json = answer.json()
        return content

    async def states(self, service: str) -> list[Json]:
        """The newest deliveries to a service, as its operator sees them."""
        page = await self._operate("GET", service, f"/deliveries?pageSize={_PAGE}")
        items: list[Json] = page["items"]
        return items


@dataclass(slots=True)
class _Following:
    """Deliveries to one service: sent here, and looked at together until they are done."""

    delivering: Delivering
    service: str
    _sent: dict[str, _File] = field(default_factory=dict)

    async def send(self, file: _File) -> None:
        """Send a file; what is applied of it is seen later."""
        delivery = await self.delivering.call(
            "POST",
            file.service,
            f"/deliveries?kind={file.kind}",
            (file.role, file.organisation),
            content=file.path.read_bytes(),
            headers={"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"},
        )
        self._sent[delivery["id"]] = file

    async def until_done(self, sending: Sequence[asyncio.Task[None]]) -> None:
        """Wait until all is sent and applied. Raises UndeliveredError for one that failed or lost a record."""
        while True:
            all_sent = all(task.done() for task in sending)
            deliveries = [
                each for each in await self.delivering.states(self.service) if each["id"] in self._sent
            ]
            self._show(deliveries)
            if all_sent and all(each["finishedAt"] for each in deliveries):
                break
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        for delivery in deliveries:
            self._count(delivery)

    def _show(self, deliveries: Sequence[Json]) -> None:
        for kind in {each["kind"] for each in deliveries}:
            of_kind = [each for each in deliveries if each["kind"] == kind]
            done, records = (sum(each[name] for each in of_kind) for name in ("handled", "records"))
            self.delivering.progress(kind, done, records)

    def _count(self, delivery: Json) -> None:
        if delivery["state"] != "done" or delivery["refused"]:
            raise UndeliveredError(
                f"{self._sent[delivery['id']].path.name} ({delivery['kind']}) is {delivery['state']}, "
                f"{delivery['refused']} records were refused: see its refusals, delivery {delivery['id']}"
            )
        self.delivering.outcomes.update({name: delivery[name] for name in _COUNTS})
