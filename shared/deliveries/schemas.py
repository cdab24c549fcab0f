"""Deliveries on the wire."""

from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.values.moments import Moment

_RESPONSE = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


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
    dry_run: bool = Field(description="Judged only: nothing is changed")
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
