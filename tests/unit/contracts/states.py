"""Products, providers and agreements for tests: valid by default, changed by keyword; and a transaction that is undone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import date

from services.contracts.agreements.domain import Key
from shared.database import Connection, Database
from shared.events.contracts import AgreementState, ProductState, ProviderState

MANAGER = "00000099000000001000"
FOSTER_CARE = "43A09"
PROVIDER = "98000001"
NEW_YEAR = date(2023, 1, 1)


class _UndoneError(Exception):
    """Ends a transaction without keeping it."""


@asynccontextmanager
async def undone(
    database: Database, organisation: str = MANAGER, role: str = "contract-manager"
) -> AsyncIterator[Connection]:
    """Give a connection in a transaction of a caller, whose writes go when the block ends."""
    with suppress(_UndoneError):
        async with database.transaction(organisation=organisation, role=role) as connection:
            yield connection
            raise _UndoneError


async def become(connection: Connection, organisation: str, role: str) -> None:
    """Go on in the same transaction as another caller."""
    await connection.execute(
        "select set_config('app.organisation', $1, true), set_config('app.role', $2, true)",
        organisation,
        role,
    )


def product(code: str = FOSTER_CARE, **changes: object) -> ProductState:
    state: dict[str, object] = {
        "code": code,
        "category": code[:2],
        "segment": 2,
        "residential": True,
        "family": True,
        "housing": False,
        "unit": "14",
        "nameNl": "Pleegzorg",
        "nameEn": "Foster care",
        "from": date(2022, 1, 1),
        "tariffs": [tariff("2022-01-01", "2022-12-31"), tariff("2023-01-01")],
    }
    return ProductState.model_validate(state | changes)


def tariff(first: str, last: str | None = None, cents: int = 4325) -> dict[str, object]:
    return {"from": first, "to": last, "cents": cents}


def location(code: str = "01", **changes: object) -> dict[str, object]:
    state: dict[str, object] = {"code": code, "name": "Helmond", "postcode": "5701 AB", "latitude": 51.48}
    return {**state, "longitude": 5.66, **changes}


def provider(agb: str = PROVIDER, **changes: object) -> ProviderState:
    return ProviderState.model_validate(
        {"agb": agb, "name": "De Linde", "locations": [location()], **changes}
    )


def agreement(
    first: date = NEW_YEAR,
    last: date | None = None,
    *,
    agb: str = PROVIDER,
    code: str = FOSTER_CARE,
    **changes: object,
) -> AgreementState:
    state: dict[str, object] = {
        "provider": agb,
        "product": code,
        "from": first,
        "to": last,
        "withdrawn": False,
    }
    return AgreementState.model_validate(state | changes)


def key_of(state: AgreementState) -> Key:
    return Key(state.provider, state.product, state.valid_from)
