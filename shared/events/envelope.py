"""The envelope: CloudEvents 1.0 in structured JSON, with the attributes of the Dutch government profile.

`version`, `position`, `knownat` and `generation` are extension attributes: the version of the aggregate, the
gapless position in the publisher's journal, the moment that `asOf` goes by, and how often the journal was
published anew. No attribute carries personal data; `subject` is the opaque id of the aggregate.
"""

from typing import Any, Literal, Protocol
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field

from shared.values.moments import Moment, moment_text

SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/json"


class Envelope(BaseModel):
    """One published event, as a reader gets it. `data` is the state, to be read by the topic's model."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    specversion: Literal["1.0"]
    id: UUID
    source: str = Field(pattern=r"^urn:nld:oin:[0-9]{20}:systeem:[a-z-]+$")
    type: str = Field(pattern=r"^nl\.jeugdregio\.[a-z-]+\.[a-z-]+\.v[0-9]+$")
    subject: str = Field(min_length=1)
    time: Moment
    dataschema: str
    datacontenttype: Literal["application/json"]
    version: int = Field(ge=1)
    position: str = Field(
        pattern=r"^[0-9]{1,19}$", description="A decimal number, too large for some readers"
    )
    knownat: Moment
    generation: int = Field(ge=1)
    data: dict[str, Any]


class JournalRow(Protocol):
    """A positioned row of a publisher's journal.

    Read by name: event_id, aggregatetype, aggregateid, version, position, recorded_at, known_at and payload
    (JSON text).
    """

    def __getitem__(self, name: str, /) -> Any: ...  # noqa: ANN401 - a column has its own type


def source(oin: str, service: str) -> str:
    """Who publishes: the organisation by its OIN and the system by its service name."""
    return f"urn:nld:oin:{oin}:systeem:{service}"


def event_type(service: str, aggregate: str) -> str:
    """The CloudEvents type of an aggregate's events."""
    return f"nl.jeugdregio.{service}.{aggregate}.v1"


def data_schema(service: str, aggregate: str) -> str:
    """The address that identifies the JSON Schema of an aggregate's states; also that schema's `$id`."""
    return f"https://jeugdregio.nl/events/{service}.{aggregate}.v1.json"


def cloud_event(row: JournalRow, *, source: str, service: str, generation: int) -> bytes:
    """The event of a journal row. The payload goes in as it is stored: it was validated when written."""
    return orjson.dumps(
        {
            "specversion": SPEC_VERSION,
            "id": str(row["event_id"]),
            "source": source,
            "type": event_type(service, row["aggregatetype"]),
            "subject": str(row["aggregateid"]),
            "time": moment_text(row["recorded_at"]),
            "dataschema": data_schema(service, row["aggregatetype"]),
            "datacontenttype": CONTENT_TYPE,
            "version": row["version"],
            "position": str(row["position"]),
            "knownat": moment_text(row["known_at"]),
            "generation": generation,
            "data": orjson.Fragment(row["payload"]),
        }
    )


def decode(message: bytes) -> Envelope:
    """The envelope of a message; pydantic's ValidationError (without the input) when it is none."""
    return Envelope.model_validate_json(message)
