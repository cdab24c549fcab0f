"""What Prometheus may know of a process. Labels hold names and route templates, never a request's values."""

from typing import Final, Protocol

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

REGISTRY: Final = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

_REQUEST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_EVENT_SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600)


def _counter(name: str, help_: str, *labels: str) -> Counter:
    return Counter(name, help_, ("service", *labels), registry=REGISTRY)


def _gauge(name: str, help_: str, *labels: str) -> Gauge:
    return Gauge(name, help_, ("service", *labels), registry=REGISTRY)


def _histogram(name: str, help_: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
    return Histogram(name, help_, ("service", *labels), buckets=buckets, registry=REGISTRY)


build_info = _gauge("build_info", "Always 1: what runs here", "process", "version")

http_requests_total = _counter("http_requests_total", "Answered requests", "route", "method", "status")
http_request_duration_seconds = _histogram(
    "http_request_duration_seconds", "From request to answer", _REQUEST_SECONDS, "route", "method"
)

journal_backlog_events = _gauge("journal_backlog_events", "Written and not yet acknowledged by Kafka")
journal_oldest_unpublished_seconds = _gauge(
    "journal_oldest_unpublished_seconds", "Age of the oldest of these"
)
sequencer_refused_jumps_total = _counter(
    "sequencer_refused_jumps_total", "Clock jumps forward that were refused"
)
relay_published_events_total = _counter("relay_published_events_total", "Acknowledged by Kafka")
events_waiting_callers = _gauge("events_waiting_callers", "Callers of /events that wait for new ones")

consumer_lag_events = _gauge("consumer_lag_events", "Published and not yet applied", "topic", "partition")
consumer_last_poll_age_seconds = _gauge(
    "consumer_last_poll_age_seconds", "Since the consumer last asked Kafka"
)
consumer_gaps_total = _counter(
    "consumer_gaps_total", "Partitions held: Kafka lost what comes next; publish again", "topic"
)
event_end_to_end_seconds = _histogram(
    "event_end_to_end_seconds", "From written by the owner to applied here", _EVENT_SECONDS, "topic"
)
watermark_age_seconds = _gauge(
    "watermark_age_seconds", "Since the moment up to which a topic is complete", "topic"
)
parked_events = _gauge("parked_events", "Set aside, waiting for a decision", "topic")
dirty_aggregates = _gauge("dirty_aggregates", "Waiting to be derived anew")

waiting_records = _gauge("waiting_records", "Kept until the record that they name arrives", "noun")
oldest_waiting_seconds = _gauge("oldest_waiting_seconds", "How long the oldest of these has waited", "noun")

deliveries = _gauge("deliveries", "Files that organisations delivered", "state")
delivery_records_total = _counter("delivery_records_total", "Records of deliveries", "kind", "outcome")

waiting_times_due = _gauge("waiting_times_due", "Waiting times that should have been reported by today")
waiting_times_never_reported = _gauge("waiting_times_never_reported", "Of these, those that never came")

database_pool_connections = _gauge("database_pool_connections", "Open connections", "state")
loop_failures_total = _counter("loop_failures_total", "Failed steps of a background loop", "loop")


class Pool(Protocol):
    """What is counted of a pool of connections."""

    @property
    def size(self) -> int: ...

    @property
    def idle(self) -> int: ...


def watch_pool(service: str, pool: Pool) -> None:
    """Show how many connections are open and idle, whenever the metrics are read."""
    database_pool_connections.labels(service, "open").set_function(lambda: pool.size)
    database_pool_connections.labels(service, "idle").set_function(lambda: pool.idle)


def exposition() -> bytes:
    """All metrics in Prometheus's text format."""
    return generate_latest(REGISTRY)
