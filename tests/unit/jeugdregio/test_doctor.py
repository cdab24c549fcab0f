"""What the doctor reads from metrics, and what it advises."""

import pytest

from jeugdregio.doctor import Finding, advice, measured
from jeugdregio.services import ServiceProcess

_WORKER = ServiceProcess("monitoring", "worker")
_EXPOSITION = """
# TYPE consumer_lag_events gauge
consumer_lag_events{service="monitoring",topic="a",partition="0"} 3.0
consumer_lag_events{service="monitoring",topic="a",partition="1"} 4.0
# TYPE watermark_age_seconds gauge
watermark_age_seconds{service="monitoring",topic="a"} 0.5
watermark_age_seconds{service="monitoring",topic="b"} 12.5
# TYPE other gauge
other 1.0
"""


def test_lag_is_summed_and_of_ages_the_worst_counts() -> None:
    assert measured(_EXPOSITION) == {"consumer_lag_events": 7.0, "watermark_age_seconds": 12.5}


def test_a_healthy_process_gives_no_advice() -> None:
    assert advice(Finding(_WORKER, None, measured(_EXPOSITION)), "logs") == []


@pytest.mark.parametrize(
    ("metric", "value", "remedy"),
    [
        ("journal_oldest_unpublished_seconds", 60, "Look whether Kafka is there"),
        ("consumer_lag_events", 5_000, "reads slower than others write"),
        ("watermark_age_seconds", 120, "Look at the workers"),
        ("parked_events", 2, "jeugdregio parked list monitoring"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(metric: str, value: float, remedy: str) -> None:
    (line,) = advice(Finding(_WORKER, None, {metric: value}), "logs")
    assert line.startswith("monitoring-worker: ")
    assert remedy in line


def test_a_process_that_is_not_ready_is_named_with_its_log() -> None:
    (line,) = advice(Finding(_WORKER, "database"), "logs")
    assert line == "monitoring-worker: database. See logs/monitoring-worker.log; `make up` starts it again."
