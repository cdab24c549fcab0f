from datetime import UTC, datetime
from uuid import UUID

from shared.auth import Principal, Role
from shared.processing_log import DATA_SUBJECT_ID_TYPE, record
from shared.tracing import following

WHO = Principal(Role.MUNICIPALITY, "0743", "user-7", "https://register.example/indications")
CLIENT = UUID("6f1e1d52-6f0c-4f0e-9a51-0d9a4d7f2a11")
BEGUN = datetime(2023, 4, 1, 12, tzinfo=UTC)


def test_a_record_has_the_names_of_the_standard() -> None:
    with following("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01") as trace:
        made = record(
            "record-indication", WHO, service="referrals", start_time=BEGUN, data_subject_id=CLIENT
        ).as_json()
    assert made == {
        "trace_id": trace.trace_id,
        "span_id": trace.span_id,
        "parent_span_id": None,
        "status": "Ok",
        "name": "record-indication",
        "start_time": "2023-04-01T12:00:00+00:00",
        "end_time": None,
        "resource": {"attributes": {"service": "referrals", "organisation": "0743"}},
        "attributes": {
            "dpl.core.processing_activity_id": "https://register.example/indications",
            "dpl.core.data_subject_id": str(CLIENT),
            "dpl.core.data_subject_id_type": DATA_SUBJECT_ID_TYPE,
            "dpl.core.foreign_operation.span_id": "00f067aa0ba902b7",
        },
    }


def test_the_person_may_be_left_to_the_statement_that_finds_it() -> None:
    made = record("record-indication", WHO, service="referrals", start_time=BEGUN).as_json()
    assert made["attributes"]["dpl.core.data_subject_id"] is None
    assert "dpl.core.foreign_operation.span_id" not in made["attributes"]
