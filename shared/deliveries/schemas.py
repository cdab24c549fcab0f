"""Deliveries on the wire."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.values.moments import Moment

_RESPONSE = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class DeliveryMode(StrEnum):
    """What a file is."""

    CHANGES = "changes"
    """What is new and what is different."""
    FULL = "full"
    """All that there is: what is known here and not in it is reported, and stays."""


class DeliveryState(StrEnum):
    """How far a delivery is."""

    RECEIVED = "received"
    APPLYING = "applying"
    DONE = "done"
    FAILED = "failed"


class Delivery(BaseModel):
    """A file that was delivered, and how far it is. Every record is counted once: in `created` to `refused`."""

    model_config = _RESPONSE

    id: UUID
    kind: str
    organisation: str = Field(description="Who delivered it")
    dry_run: bool = Field(description="Judged only: nothing is changed")
    mode: DeliveryMode
    state: DeliveryState = Field(
        description="`failed`: a fault of ours; what was handled until then stands, send the file again"
    )
    records: int = Field(description="How many the file holds")
    handled: int = Field(description="How many were judged so far")
    created: int
    changed: int
    unchanged: int
    superseded: int = Field(description="Older than what is known: kept, and nothing changed by it")
    refused: int
    missing: int = Field(
        description="With mode `full`: how many are known here that the file did not hold; see `missing`"
    )
    received_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    records_per_second: float | None


class DeliveryPage(BaseModel):
    """A page of deliveries, newest first."""

    model_config = _RESPONSE

    items: list[Delivery]
    next: str | None = Field(description="Link to the next page; null on the last one")


class DeliveryRefusal(BaseModel):
    """One thing wrong with one record. Never repeats what was sent."""

    model_config = _RESPONSE

    record: int = Field(description="Which record of the file, from 1; header and blank lines do not count")
    field: str | None = Field(description="Where in the record: JSON Pointer as URI fragment")
    code: str
    message: str
    message_nl: str | None


class DeliveryRefusalPage(BaseModel):
    """A page of refusals, by record number."""

    model_config = _RESPONSE

    items: list[DeliveryRefusal]
    next: str | None = Field(description="Link to the next page; null on the last one")


class MissingRecord(BaseModel):
    """Something of yours that is known here, and that a full delivery did not hold."""

    model_config = _RESPONSE

    key: str = Field(description="By which the list is ordered")
    number: str = Field(description="Its number, as you gave it")


class MissingRecordPage(BaseModel):
    """A page of what a full delivery did not hold, by key. Nothing was withdrawn."""

    model_config = _RESPONSE

    items: list[MissingRecord]
    next: str | None = Field(description="Link to the next page; null on the last one")


class ImportWindowBody(BaseModel):
    """The terms of an import window."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    reason: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="Why history is brought in, for who looks back",
        examples=["Start of the region: history of 2021 to 2026"],
    )
    known_after: Moment | None = Field(
        default=None,
        description="Known moments must lie after it: give the moment at which the newest edition closed",
    )


class ImportWindow(BaseModel):
    """While it is open, an organisation's deliveries may say when something became known."""

    model_config = _RESPONSE

    id: UUID
    organisation: str
    reason: str
    known_after: Moment | None
    opened_at: Moment
    closed_at: Moment | None = Field(description="Null: open")


class ImportWindowPage(BaseModel):
    """A page of import windows, newest first."""

    model_config = _RESPONSE

    items: list[ImportWindow]
    next: str | None = Field(description="Link to the next page; null on the last one")
