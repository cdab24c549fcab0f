"""The AsyncAPI 3 document: where the events of `docs/events` are, under which key and with which headers.

It is generated from the same models, and refers to the JSON Schemas that stand beside it.
"""

from typing import Any, Final

from shared.events.envelope import data_schema, event_type
from shared.events.topics import TOPICS, Topic
from shared.journal.topics import EVENTS_CONFIG, PARTITIONS, PROGRESS_CONFIG, progress_topic

FILE: Final = "asyncapi.json"
Document = dict[str, Any]

_VERSION: Final = "1.0.0"
_CHANNEL_BINDING: Final = "0.5.0"
_MESSAGE_BINDING: Final = "0.5.0"
_EVENT_MEDIA_TYPE: Final = "application/cloudevents+json"
_MOMENT: Final = {"type": "string", "format": "date-time"}
_OFFSETS: Final = {
    "type": "array",
    "items": {"type": "integer", "minimum": 0},
    "description": "Of each partition, in their order",
}
_KEY: Final = {"type": "string", "format": "uuid", "description": "The aggregate's id, as `subject`"}
_DESCRIPTION: Final = """\
Each message is the whole state of one aggregate at one version, never a change. Order holds per aggregate: its id is \
the key. A message may come twice, and all of them come again under a higher `generation`; the highest `version` of a \
`subject` is the newest. Readers ignore what they do not know: within a major version schemas only gain.

Without access to Kafka the same events are had by `GET /<service>/v1/events`.\
"""


def document() -> Document:
    """Give the document of all channels that the platform writes to."""
    services = sorted({topic.service for topic in TOPICS.values()})
    channels = {topic.name: _channel(topic) for topic in TOPICS.values()}
    channels |= {progress_topic(service): _progress_channel(service) for service in services}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Events of jeugdregio",
            "version": _VERSION,
            "description": _DESCRIPTION,
            "license": {"name": "EUPL-1.2", "url": "https://eupl.eu/1.2/en/"},
            "tags": [{"name": service} for service in services],
        },
        "defaultContentType": _EVENT_MEDIA_TYPE,
        "servers": {"region": _server()},
        "channels": channels,
        "operations": {f"publish.{name}": _operation(name, channel) for name, channel in channels.items()},
        "components": {
            "messages": {topic.name: _event(topic) for topic in TOPICS.values()} | {"progress": _progress()},
            "messageTraits": {"event": _of_every_event()},
        },
    }


def _server() -> Document:
    brokers = {"description": "The region's brokers", "default": "localhost:9092"}
    return {"host": "{brokers}", "protocol": "kafka", "variables": {"brokers": brokers}}


def _channel(topic: Topic) -> Document:
    return {
        "address": topic.name,
        "title": _title(topic),
        "summary": _summary(topic),
        "messages": {"event": {"$ref": f"#/components/messages/{topic.name}"}},
        "tags": [{"name": topic.service}],
        "bindings": {"kafka": _kafka(PARTITIONS, EVENTS_CONFIG)},
    }


def _progress_channel(service: str) -> Document:
    return {
        "address": progress_topic(service),
        "title": f"Progress of {service}",
        "summary": "Up to which moment all that was known has been published; only the last message counts.",
        "messages": {"progress": {"$ref": "#/components/messages/progress"}},
        "tags": [{"name": service}],
        "bindings": {"kafka": _kafka(1, PROGRESS_CONFIG)},
    }


def _kafka(partitions: int, config: dict[str, str]) -> Document:
    configuration = {
        "cleanup.policy": [config["cleanup.policy"]],
        "retention.ms": int(config["retention.ms"]),
    }
    return {
        "partitions": partitions,
        "topicConfiguration": configuration,
        "bindingVersion": _CHANNEL_BINDING,
    }


def _operation(name: str, channel: Document) -> Document:
    (message,) = channel["messages"]
    pointer = f"#/channels/{name}"
    return {
        "action": "send",
        "channel": {"$ref": pointer},
        "messages": [{"$ref": f"{pointer}/messages/{message}"}],
        "tags": channel["tags"],
    }


def _event(topic: Topic) -> Document:
    of_this_topic = {
        "type": {"const": event_type(topic.service, topic.aggregate)},
        "dataschema": {"const": data_schema(topic.service, topic.aggregate)},
        "data": {"$ref": f"./{topic.name}.v1.json"},
    }
    return {
        "name": event_type(topic.service, topic.aggregate),
        "title": _title(topic),
        "summary": _summary(topic),
        "contentType": _EVENT_MEDIA_TYPE,
        "payload": {"allOf": [{"$ref": "./envelope.json"}, {"type": "object", "properties": of_this_topic}]},
        "traits": [{"$ref": "#/components/messageTraits/event"}],
    }


def _of_every_event() -> Document:
    trace = {"type": "string", "description": "W3C trace context of the request that wrote it"}
    content_type = {"const": _EVENT_MEDIA_TYPE}
    return {
        "headers": {
            "type": "object",
            "required": ["content-type"],
            "properties": {"content-type": content_type, "traceparent": trace},
        },
        "bindings": {"kafka": {"key": _KEY, "bindingVersion": _MESSAGE_BINDING}},
    }


def _progress() -> Document:
    topic = {
        "begins": _OFFSETS,
        "ends": _OFFSETS,
        "count": {"type": "integer", "minimum": 0, "description": "Events of this generation so far"},
        "promised": {
            "anyOf": [_MOMENT, {"type": "null"}],
            "description": "All that was known up to this moment lies before `ends`",
        },
        "parked": {
            "type": "integer",
            "minimum": 0,
            "description": "Set aside: while there are any, what is derived from the topic is incomplete",
        },
        "importing": {
            "type": "boolean",
            "description": "History may be coming in: what was known at moments of the past can still change",
        },
    }
    of_topics = {"type": "object", "required": [*topic], "properties": topic}
    payload = {
        "type": "object",
        "required": ["generation", "topics"],
        "properties": {
            "generation": {"type": "integer", "minimum": 1},
            "topics": {"type": "object", "additionalProperties": of_topics},
        },
    }
    return {
        "name": "progress",
        "title": "Progress of a service",
        "contentType": "application/json",
        "payload": payload,
    }


def _title(topic: Topic) -> str:
    return f"{topic.aggregate.capitalize()} of {topic.service}"


def _summary(topic: Topic) -> str:
    return (topic.model.__doc__ or "").partition("\n")[0]
