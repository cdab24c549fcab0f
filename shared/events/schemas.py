"""The JSON Schemas of the published events, generated from the models and kept in `docs/events`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.events.envelope import Envelope, data_schema
from shared.events.topics import TOPICS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


def schemas() -> dict[str, Schema]:
    """The schema of every topic's state and of the envelope around it, by file name."""
    states = {
        f"{topic.name}.v1.json": _schema(topic.model.model_json_schema(by_alias=True))
        | {"$id": data_schema(topic.service, topic.aggregate)}
        for topic in TOPICS.values()
    }
    return states | {"envelope.json": _schema(Envelope.model_json_schema())}


def text(schema: Schema) -> str:
    """A schema as its file holds it."""
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def write(folder: Path, documents: Mapping[str, Schema]) -> list[Path]:
    """Write documents, by file name, into a folder; the files that it wrote."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in documents.items():
        path = folder / name
        path.write_text(text(schema), encoding="utf-8")
        written.append(path)
    return written


def _schema(generated: Schema) -> Schema:
    return {"$schema": DIALECT} | generated
