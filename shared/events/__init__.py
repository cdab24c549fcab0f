"""The published events: one file per publishing service, the registry `TOPICS`, and the envelope."""

from shared.events.topics import TOPICS, Topic, topics_of

__all__ = ["TOPICS", "Topic", "topics_of"]
