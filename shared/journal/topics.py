"""Topics: one per aggregate, made by the migration job and again by the relay when the broker lost them."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.events.topics import topics_of

PARTITIONS = 6
_MINUTE = 60_000
EVENTS_CONFIG = {"retention.ms": str(30 * 24 * 60 * _MINUTE), "cleanup.policy": "delete"}
# Only the last record counts, and one comes each second.
PROGRESS_CONFIG = {
    "retention.ms": str(60 * _MINUTE),
    "segment.ms": str(10 * _MINUTE),
    "cleanup.policy": "delete",
}


def progress_topic(service: str) -> str:
    """Name the topic on which a service publishes what it promises."""
    return f"{service}.progress"


async def make_topics(bootstrap: str, service: str, *, replication: int = 1) -> None:
    """Make the topics of a publishing service that are not there yet. Raises aiokafka's KafkaError."""
    wanted = [
        NewTopic(topic.name, PARTITIONS, replication, topic_configs=_durable(EVENTS_CONFIG, replication))
        for topic in topics_of(service)
    ]
    wanted.append(
        NewTopic(
            progress_topic(service), 1, replication, topic_configs=_durable(PROGRESS_CONFIG, replication)
        )
    )
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=10_000)
    await admin.start()
    try:
        answer = await admin.create_topics(wanted)
    finally:
        await admin.close()
    for _, code, *_ in answer.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise error


def _durable(configs: dict[str, str], replication: int) -> dict[str, str]:
    majority = replication // 2 + 1
    return {**configs, "min.insync.replicas": str(majority), "unclean.leader.election.enable": "false"}
