"""The published events: schemas are committed, changes are additive, the envelope is CloudEvents 1.0."""

import copy
import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import pytest
from pydantic import ValidationError

from shared.events import TOPICS, asyncapi, topics_of
from shared.events.compatibility import breaking_changes
from shared.events.contracts import ValuationState
from shared.events.envelope import cloud_event, decode, source
from shared.events.referrals import IndicationState
from shared.events.schemas import schemas, text

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "events"
INDICATION = {
    "clientId": "5c0d9f0e-7f3c-4c0a-9c5e-0e6d4f1f8f11",
    "municipality": "0794",
    "product": "43A09",
    "provider": "98900101",
    "from": "2023-04-01",
    "volume": 7,
    "unit": "14",
    "frequency": "2",
    "to": "2023-12-31",
    "withdrawn": False,
}


def test_the_committed_schemas_are_the_generated_ones() -> None:
    documents = schemas() | {asyncapi.FILE: asyncapi.document()}
    generated = {name: text(document) for name, document in documents.items()}
    committed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert committed == generated, "Run `python -m shared.events` and commit docs/events."


@pytest.mark.parametrize("name", schemas())
def test_a_schema_only_gains_on_every_committed_version_of_it(name: str) -> None:
    # Against the commits and not the file beside it: who breaks a schema also writes it anew.
    earlier = list(_committed(f"docs/events/{name}"))
    if not earlier:
        pytest.skip(f"{name} was never committed here: nothing to compare with")
    assert [breaking_changes(old, schemas()[name]) for old in earlier] == [[]] * len(earlier)


def _committed(path: str) -> Iterator[dict[str, Any]]:
    for revision in _git("log", "--format=%H", "--", path).split():
        shown = _git("show", f"{revision}:{path}")
        if shown:
            yield json.loads(shown)


def _git(*words: str) -> str:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("there is no git repository here: schemas not compared with those committed")
    return subprocess.run([git, *words], cwd=ROOT, capture_output=True, check=False, text=True).stdout


@pytest.mark.parametrize("schema", schemas().values(), ids=schemas())
def test_every_schema_is_a_valid_schema(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["type"] == "object"


def test_an_event_is_valid_to_its_schema_and_is_read_back() -> None:
    state = IndicationState.model_validate(INDICATION)
    jsonschema.validate(json.loads(state.payload()), schemas()["referrals.indication.v1.json"])
    row = {
        "event_id": UUID(int=7),
        "aggregatetype": "indication",
        "aggregateid": UUID(int=8),
        "version": 3,
        "position": 12_345_678_901_234_567,
        "recorded_at": datetime(2023, 4, 1, 8, tzinfo=UTC),
        "known_at": datetime(2023, 4, 1, 8, 0, 0, 1, tzinfo=UTC),
        "payload": state.payload(),
    }
    origin = source("00000099000000010010", "referrals")
    message = cloud_event(row, source=origin, service="referrals", generation=2)
    jsonschema.validate(json.loads(message), schemas()["envelope.json"])
    event = decode(message)
    assert event.source == "urn:nld:oin:00000099000000010010:systeem:referrals"
    assert event.type == "nl.jeugdregio.referrals.indication.v1"
    assert event.dataschema == schemas()["referrals.indication.v1.json"]["$id"]
    assert (event.subject, event.version, event.generation) == (str(UUID(int=8)), 3, 2)
    assert event.position == "12345678901234567"
    assert event.knownat == row["known_at"]
    assert IndicationState.model_validate(event.data) == state


def test_attribute_names_are_those_that_cloudevents_allows() -> None:
    names = schemas()["envelope.json"]["properties"]
    assert all(name.isalnum() and name == name.lower() and len(name) <= 20 for name in names)


def test_a_message_that_is_no_event_is_refused_without_repeating_it() -> None:
    with pytest.raises(ValidationError) as caught:
        decode(b'{"subject": "999900006"}')
    assert "999900006" not in str(caught.value)


def test_a_reader_ignores_what_it_does_not_know() -> None:
    assert IndicationState.model_validate(INDICATION | {"new": 1}) == IndicationState.model_validate(
        INDICATION
    )


def test_a_valuation_is_written_in_camel_case_with_from_and_to() -> None:
    line = [
        {
            "knownFrom": "2023-04-01T08:00:00Z",
            "indicationVersion": 1,
            "segment": 2,
            "residential": True,
            "family": True,
            "housing": False,
            "stretches": [
                {"from": "2023-04-01", "to": None, "contracted": True, "valued": True, "cents": [1, 2]}
            ],
        }
    ]
    wire = {"municipality": "0794", "provider": "98900101", "line": line}
    assert json.loads(ValuationState.model_validate(wire).payload()) == wire


def test_every_topic_is_known_by_service_and_aggregate() -> None:
    assert {topic.name for topic in topics_of("referrals")} == {"referrals.indication", "referrals.care"}
    assert {topic.name for topic in topics_of("availability")} == {"availability.report"}
    assert {topic.aggregate for topic in topics_of("contracts")} == {
        "claim",
        "product",
        "provider",
        "agreement",
        "valuation",
    }
    assert all(name == topic.name for name, topic in TOPICS.items())


# What `breaking_changes` sees, by an example of each.
OLD: dict[str, Any] = {
    "$defs": {"Unit": {"enum": ["01", "04"], "type": "string"}, "Part": {"type": "object", "properties": {}}},
    "type": "object",
    "properties": {
        "code": {"type": "string", "pattern": "^[0-9]{2}$"},
        "unit": {"anyOf": [{"$ref": "#/$defs/Unit"}, {"type": "null"}]},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
    },
    "required": ["code"],
}


def _changed(path: str, value: object) -> dict[str, Any]:
    new = copy.deepcopy(OLD)
    *way, last = path.split(".")
    place = new
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return new


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("title", "Another"),
        ("properties.code.description", "What it is"),
        ("properties.more", {"type": "integer", "default": 0}),
        ("$defs.New", {"type": "string"}),
        ("$defs.Part.properties.more", {"type": "integer"}),
    ],
)
def test_an_addition_is_not_breaking(path: str, value: object) -> None:
    assert breaking_changes(OLD, _changed(path, value)) == []


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("properties.code", None, "/code: removed"),
        ("properties.code.type", "integer", "/code: type was 'string', is 'integer'"),
        ("properties.code.pattern", None, "/code: pattern was"),
        ("properties.code.maxLength", 1, "/code: maxLength was None, is 1"),
        ("required", [], "/code: may now be absent"),
        ("required", ["code", "unit"], "/unit: became required"),
        ("$defs.Unit.enum", ["01", "04", "14"], "/unit: enum was"),
        ("$defs.Unit.enum", ["01"], "/unit: enum was"),
        ("properties.unit.anyOf", [{"$ref": "#/$defs/Unit"}], "/unit: anyOf had 2 choices, has 1"),
        ("properties.parts.items", None, "/parts: items was"),
        ("$defs.Part.required", ["more"], "/parts/*/more: became required"),
        ("additionalProperties", False, "/: additionalProperties was None, is False"),
    ],
)
def test_any_other_change_is_breaking_and_named(path: str, value: object, message: str) -> None:
    [change] = breaking_changes(OLD, _changed(path, value))
    assert change.startswith(message)
