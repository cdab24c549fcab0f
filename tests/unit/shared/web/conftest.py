"""A tiny service: one noun, every kind of route, and what a request does to its database as a story."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated, Any, Protocol, cast

import asyncpg
import httpx
import pytest
from fastapi import FastAPI, Header, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, field_validator

from shared.auth import Principal, Role, allow, public
from shared.problems import Conflict, NotFound, register_constraints
from shared.settings import Settings
from shared.web import Router, Transaction, create_app

BASE = "/demo/v1"


class Issuer(Protocol):
    def token(self, **changed: object) -> str: ...


class Overlap(Conflict):
    """There is another thing in this period."""


register_constraints({"thing_no_overlap": Overlap})


class Place(BaseModel):
    model_config = ConfigDict(extra="forbid")

    postcode: str = Field(pattern="^[0-9]{4}$")


class ThingBody(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(max_length=40)
    valid_from: date = Field(alias="from")
    places: list[Place] = []
    secret: str | None = None

    @field_validator("secret")
    @classmethod
    def _refuse(cls, value: str | None) -> str | None:
        if value:
            raise ValueError(f"{value} is not a secret")
        return value


class Thing(BaseModel):
    name: str


class FakeDatabase:
    """Our own port, to show the order of things: what happened to the transaction of a request."""

    def __init__(self) -> None:
        self.story: list[str] = []
        self.begin_error: Exception | None = None
        self.work_error: Exception | None = None
        self.commit_error: Exception | None = None

    @asynccontextmanager
    async def transaction(self, *, organisation: str = "", role: str = "") -> AsyncIterator["FakeDatabase"]:
        if self.begin_error:
            raise self.begin_error
        self.story.append(f"begin {role} {organisation}")
        try:
            yield self
        except BaseException:
            self.story.append("rollback")
            raise
        if self.commit_error:
            raise self.commit_error
        self.story.append("commit")

    async def work(self) -> None:
        self.story.append("work")
        if self.work_error:
            raise self.work_error


router = Router(tags=["things"])
Municipality = Annotated[Principal, allow(Role.MUNICIPALITY)]


@router.put("/things/{municipality}/{number}", problems=(Overlap,))
async def put_thing(
    _: Municipality, municipality: str, number: int, body: ThingBody, connection: Transaction
) -> Thing:
    """Record a thing."""
    await cast("FakeDatabase", connection).work()
    return Thing(name=f"{body.name} of {municipality} {number}")


@router.get("/things/{municipality}", problems=(NotFound,))
async def things(
    _: Annotated[Principal, allow(Role.MUNICIPALITY, Role.PROVIDER)],
    municipality: str,
    page_size: Annotated[int, Query(alias="pageSize", ge=1)] = 10,
) -> list[Thing]:
    if municipality == "9999":
        raise NotFound
    return [Thing(name=str(page_size))]


@router.get("/providers/{agb}", dependencies=[allow(Role.PROVIDER, Role.CONTRACT_MANAGER)])
async def provider(agb: str) -> Thing:
    return Thing(name=agb)


@router.get("/open", dependencies=[public])
async def open_to_all(
    request: Request, traceparent: Annotated[str | None, Header(include_in_schema=False)] = None
) -> dict[str, Any]:
    return {"traceparent": traceparent, "principal": getattr(request.state, "principal", None)}


@router.get("/broken", dependencies=[public])
async def broken() -> Thing:
    raise KeyError("999900006")


@router.get("/half", dependencies=[public])
async def half() -> StreamingResponse:
    async def content() -> AsyncIterator[bytes]:
        yield b"half"
        raise KeyError("999900006")

    return StreamingResponse(content())


@router.post("/uploads", dependencies=[public], max_body_size=3 * 1024 * 1024, status_code=201)
async def upload(body: list[str]) -> int:
    return len(body)


@pytest.fixture
def make_app(make_settings: Callable[..., Settings]) -> Callable[..., FastAPI]:
    def make(*routers: Router, **changed: object) -> FastAPI:
        app = create_app(
            service="demo",
            title="Demo",
            description="For tests.",
            settings=make_settings(**changed),
            routers=routers or (router,),
        )
        app.state.database = FakeDatabase()
        return app

    return make


@pytest.fixture
def app(make_app: Callable[..., FastAPI]) -> FastAPI:
    return make_app()


@pytest.fixture
def database(app: FastAPI) -> FakeDatabase:
    database: FakeDatabase = app.state.database
    return database


@pytest.fixture
async def caller(app: FastAPI, issuer: Issuer) -> AsyncIterator[httpx.AsyncClient]:
    """Municipality 0743."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {issuer.token()}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers) as client:
        yield client


@pytest.fixture
def unique_violation() -> asyncpg.PostgresError:
    return asyncpg.UniqueViolationError.new(
        {"C": "23505", "M": "duplicate key", "D": "Key (bsn)=(999900006)", "n": "thing_no_overlap"}
    )
