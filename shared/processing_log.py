"""What was done with whose data and why: one record of the Dutch standard Logboek Dataverwerkingen.

A command hands these to its SQL function, which writes them in the transaction of the change; a read of
personal data writes one per person in its own. Names, meanings and `status` are the standard's
(https://logius-standaarden.github.io/logboek-dataverwerkingen/, "Component: Logboek").
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from shared.auth.principal import Principal
from shared.tracing import Trace, current_trace

DATA_SUBJECT_ID_TYPE: Final = "urn:jeugdregio:client-id"


class Status(StrEnum):
    """How the action ended. Unset: done, whatever the outcome; Error: a fault of the system that did it."""

    UNSET = "Unset"
    OK = "Ok"
    ERROR = "Error"


@dataclass(frozen=True, slots=True)
class ProcessingRecord:
    """One action on the data of one person.

    `data_subject_id` is the random client id, never a BSN; None when the action finds or makes it (then the
    SQL function fills it in). `foreign_span_id` is the caller's own action, when it sent one. Times are UTC;
    None as `end_time` means the moment of writing.
    """

    trace_id: str
    span_id: str
    foreign_span_id: str | None
    name: str
    start_time: datetime
    processing_activity_id: str
    service: str
    organisation: str
    data_subject_id: UUID | None = None
    end_time: datetime | None = None
    status: Status = Status.OK

    def as_json(self) -> dict[str, Any]:
        """The record under the standard's names."""
        attributes = {
            "dpl.core.processing_activity_id": self.processing_activity_id,
            "dpl.core.data_subject_id": str(self.data_subject_id) if self.data_subject_id else None,
            "dpl.core.data_subject_id_type": DATA_SUBJECT_ID_TYPE,
        }
        if self.foreign_span_id:
            attributes["dpl.core.foreign_operation.span_id"] = self.foreign_span_id
        return {
            "trace_id": self.trace_id,
            "span_id": self.span_id,
            "parent_span_id": None,
            "status": self.status.value,
            "name": self.name,
            "start_time": self.start_time.isoformat(),
            "end_time": self.end_time.isoformat() if self.end_time else None,
            "resource": {"attributes": {"service": self.service, "organisation": self.organisation}},
            "attributes": attributes,
        }


def record(
    name: str,
    principal: Principal,
    *,
    service: str,
    start_time: datetime,
    data_subject_id: UUID | None = None,
    trace: Trace | None = None,
) -> ProcessingRecord:
    """The record of what this request does, for the person named or for the one that the statement finds."""
    step = trace or current_trace()
    return ProcessingRecord(
        trace_id=step.trace_id,
        span_id=step.span_id,
        foreign_span_id=step.parent_span_id,
        name=name,
        start_time=start_time,
        processing_activity_id=principal.activity,
        service=service,
        organisation=principal.organisation,
        data_subject_id=data_subject_id,
    )
