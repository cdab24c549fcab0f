"""Products, providers and agreements for the tests of availability: valid by default, changed by keyword."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.availability.schema import AGREEMENT, PRODUCT, PROVIDER
from shared.consumer.apply import Version, copy_versions
from shared.consumer.recompute import Recompute
from shared.database import Database
from shared.events.contracts import AgreementState, ProductState, ProviderState
from shared.events.state import State

MODELS: Mapping[str, type[State]] = {
    PRODUCT: ProductState,
    PROVIDER: ProviderState,
    AGREEMENT: AgreementState,
}


def product(code: object = "43A09", **changes: object) -> dict[str, Any]:
    """Foster care, from 2020 on."""
    state = {
        "code": code,
        "category": "43",
        "segment": 2,
        "residential": True,
        "family": True,
        "housing": False,
        "unit": "14",
        "nameNl": "Pleegzorg",
        "nameEn": "Foster care",
        "from": "2020-01-01",
        "to": None,
        "tariffs": [],
    }
    return state | changes


def place(code: str = "1", **changes: object) -> dict[str, Any]:
    """A location in Helmond."""
    there = {"code": code, "name": "Markt", "postcode": "5701 AB", "latitude": 51.48, "longitude": 5.66}
    return there | changes


def provider(agb: str = "98000001", **changes: object) -> dict[str, Any]:
    """A provider with one location in Helmond."""
    return {"agb": agb, "name": f"Aanbieder {agb}", "locations": [place()]} | changes


def agreement(**changes: object) -> dict[str, Any]:
    """The provider is contracted for the product, from 2023 on."""
    state: dict[str, Any] = {
        "provider": "98000001",
        "product": "43A09",
        "from": "2023-01-01",
        "to": None,
        "tariffCents": None,
        "withdrawn": False,
    }
    return state | changes


def version(number: int, state: dict[str, Any], *, of: int) -> Version:
    """A version of the aggregate with this number, as the consumer makes it of an event."""
    return Version(UUID(int=of), number, datetime(2023, 1, 1, 0, number, tzinfo=UTC), 1, state)


async def arrive(worker: Database, topic: str, versions: Iterable[Version]) -> None:
    """Let versions arrive in one batch."""
    arrived = list(versions)
    for one in arrived:
        MODELS[topic].model_validate(one.state)
    async with worker.transaction() as connection:
        await copy_versions(connection, topic, arrived)


async def settle(recompute: Recompute) -> int:
    """Recompute until there is nothing left to do; give how many steps that took."""
    steps = 1
    while await recompute.step():
        steps += 1
    return steps
