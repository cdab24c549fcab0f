"""The AsyncAPI document is valid, and says of channels, keys and messages what the platform really does."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import jsonschema
import pytest
from referencing import Registry, Resource

from shared.events import TOPICS
from shared.events.asyncapi import document
from shared.events.envelope import cloud_event, event_type, source
from shared.events.schemas import schemas
from shared.journal.state import RelayState, TopicState
from shared.journal.topics import PARTITIONS, progress_topic
from tests.contract import npm

SPECIFICATION = "@asyncapi/specs@6.11.1"
DOCUMENT = document()
SERVICES = {topic.service for topic in TOPICS.values()}
# The files beside the document, as its relative references find them.
FILES = Registry().with_resources(
    (f"./{name}", Resource.from_contents(schema | {"$id": f"./{name}"})) for name, schema in schemas().items()
)
STATE = {
    "clientId": "5c0d9f0e-7f3c-4c0a-9c5e-0e6d4f1f8f11",
    "municipality": "0794",
    "product": "43A09",
    "provider": "98900101",
    "from": "2023-04-01",
    "withdrawn": False,
}


def payload_of(message: str) -> jsonschema.Draft202012Validator:
    payload = DOCUMENT["components"]["messages"][message]["payload"]
    return jsonschema.Draft202012Validator(payload, registry=FILES)


def event(aggregate: str, payload: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    moment = datetime(2023, 4, 1, 8, tzinfo=UTC)
    row = {
        "event_id": UUID(int=7),
        "aggregatetype": aggregate,
        "aggregateid": UUID(int=8),
        "version": 1,
        "position": 1,
        "recorded_at": moment,
        "known_at": moment,
        "payload": json.dumps(payload),
    }
    origin = source("00000099000000010010", "referrals")
    return json.loads(cloud_event(row, source=origin, service="referrals", generation=1))


def test_it_is_valid_to_the_schema_of_the_specification() -> None:
    modules = npm.installed(SPECIFICATION, "the AsyncAPI document was not held against its official schema")
    official = json.loads(
        (modules / "@asyncapi" / "specs" / "schemas" / "3.0.0-without-$id.json").read_text()
    )
    errors = jsonschema.Draft7Validator(official).iter_errors(DOCUMENT)
    assert [f"{'/'.join(map(str, each.absolute_path))}: {each.message[:200]}" for each in errors] == []


def references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for each in part.values():
            yield from references(each)
    if isinstance(part, list):
        for each in part:
            yield from references(each)


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert found
    for reference in found:
        if reference.startswith("./"):
            assert reference.removeprefix("./") in schemas()
            continue
        place: Any = DOCUMENT
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]


def test_there_is_a_channel_and_an_operation_for_each_topic_and_each_progress_topic() -> None:
    expected = {*TOPICS, *(progress_topic(service) for service in SERVICES)}
    assert {channel["address"] for channel in DOCUMENT["channels"].values()} == expected
    assert {each["channel"]["$ref"] for each in DOCUMENT["operations"].values()} == {
        f"#/channels/{name}" for name in expected
    }
    partitions = {
        name: channel["bindings"]["kafka"]["partitions"] for name, channel in DOCUMENT["channels"].items()
    }
    assert partitions == {name: PARTITIONS if name in TOPICS else 1 for name in expected}


@pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS)
def test_a_message_carries_the_state_of_its_topic_and_of_no_other(topic: Any) -> None:  # noqa: ANN401 - parametrized
    message = DOCUMENT["components"]["messages"][topic.name]
    of_this_topic = message["payload"]["allOf"][1]["properties"]
    assert of_this_topic["type"] == {"const": event_type(topic.service, topic.aggregate)}
    beside = of_this_topic["data"]["$ref"].removeprefix("./")
    assert of_this_topic["dataschema"] == {"const": schemas()[beside]["$id"]}


def test_a_published_event_is_valid_to_its_message_and_to_no_other() -> None:
    published = event("indication", STATE)
    assert [name for name in TOPICS if payload_of(name).is_valid(published)] == ["referrals.indication"]
    assert not payload_of("referrals.indication").is_valid(event("indication", STATE | {"product": 7}))


def test_a_progress_record_is_valid_to_its_message() -> None:
    stands = {
        "referrals.indication": TopicState([0] * 6, [3] * 6, 18, "2023-04-01T08:00:00+00:00"),
        "referrals.care": TopicState([0] * 6, [0] * 6, 0, None),
    }
    moment = datetime(2023, 4, 1, 8, tzinfo=UTC)
    progress = RelayState(1, 18, stands, 18, moment, None, frozenset()).progress({"referrals.care": 1})
    payload_of("progress").validate(json.loads(json.dumps(progress)))
    assert not payload_of("progress").is_valid({"generation": 1, "topics": {"referrals.care": {}}})
