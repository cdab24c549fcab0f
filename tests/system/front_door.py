"""A region as its users see it: HTTP, a token, JSON."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx

from shared.values.moments import now
from tests.system.program import Program
from tests.waiting import until

Json = dict[str, Any]


class FrontDoor:
    """Calls the public APIs of a running region."""

    def __init__(self, program: Program, client: httpx.AsyncClient) -> None:
        self.program = program
        self._client = client

    async def call(
        self,
        method: str,
        service: str,
        path: str,
        *,
        role: str,
        organisation: str | None = None,
        body: Json | None = None,
        **query: Any,  # noqa: ANN401 - what can stand in a query
    ) -> httpx.Response:
        """Call as an organisation; without one: as the first that the role has."""
        region = self.program.region
        tokens = region["tokens"][role]
        token = tokens[organisation or next(iter(tokens))]
        return await self._client.request(
            method,
            f"{region['services'][service]['url']}{path}",
            params=query,
            json=body,
            headers={"Authorization": f"Bearer {token}"},
        )

    async def read(self, service: str, path: str, **how: Any) -> Json:  # noqa: ANN401 - as `call`
        answer: Json = _json(await self.call("GET", service, path, **how))
        return answer

    async def write(self, method: str, service: str, path: str, body: Json, **how: Any) -> Json:  # noqa: ANN401
        answer: Json = _json(await self.call(method, service, path, body=body, **how))
        return answer

    async def put_indication(self, municipality: str, number: int, body: Json) -> Json:
        path = f"/indications/{municipality}/{number}"
        return await self.write(
            "PUT", "referrals", path, body, role="municipality", organisation=municipality
        )

    async def put_offer(self, path: str, body: Json) -> Json:
        """Put a product, a provider or an agreement."""
        return await self.write("PUT", "contracts", path, body, role="contract-manager")

    async def clients_at(self, provider: str, period: str) -> int:
        """Count the clients of one provider in one month."""
        answer = await self.figure("unique-clients", provider=provider, **{"from": period})
        count: int = answer["rows"][0]["value"]
        return count

    async def figure(self, key: str, **query: Any) -> Json:  # noqa: ANN401 - as `call`
        return await self.read("monitoring", f"/figures/{key}", role="analyst", **query)

    async def menu(self) -> dict[str, Json]:
        """Give the figures, each with the dimensions by which it can be broken down and its kinds of periods."""
        answer = await self.read("monitoring", "/figures", role="analyst")
        return {figure["key"]: figure for figure in answer["figures"]}

    async def known_through(self) -> str | None:
        """Tell up to which moment all figures are complete: those of events, and those of what monitoring is told itself."""
        events = await self.figure("granted-amount", **{"from": "2023-04"})
        stated = await self.figure("annual-costs", period="year", **{"from": "2023"})
        promises = [answer["knownThrough"] for answer in (events, stated)]
        return None if None in promises else min(promises, key=datetime.fromisoformat)

    async def complete(self) -> str:
        """Wait until all that was written is known; give a moment as of which it is, as it was answered.

        What was written before a moment counts by the next promise of its service after it, which may be later than
        the lowest promise that figures give. So: once all have promised, the lowest has to pass the highest.
        """
        await self._known_since(now())
        return await self._known_since(now())

    async def _known_since(self, began: datetime) -> str:
        reached = ""

        async def known() -> bool:
            nonlocal reached
            reached = await self.known_through() or ""
            return bool(reached) and datetime.fromisoformat(reached) >= began

        await until(known, within=120)
        return reached

    async def events(self, service: str, role: str, organisation: str) -> AsyncIterator[Json]:
        """Page through what an organisation may see of a journal, to its end."""
        url = f"{self.program.region['services'][service]['url']}/events?pageSize=1000"
        token = self.program.region["tokens"][role][organisation]
        while True:
            answer = await self._client.get(url, headers={"Authorization": f"Bearer {token}"})
            events = _json(answer)
            for event in events:
                yield event
            onward = str(httpx.URL(url).join(answer.links["next"]["url"]))
            if not events and onward == url:
                return
            url = onward


def _json(answer: httpx.Response) -> Any:  # noqa: ANN401 - what the service says
    assert answer.is_success, f"{answer.request.method} {answer.request.url}: {answer.text}"
    return answer.json()
