"""PostgreSQL and Kafka from packages, on loopback, for people and tests that have neither.

with Postgres(folder / "postgres") as postgres, Kafka(folder / "kafka") as kafka:
    postgres.url, kafka.bootstrap
"""

from jeugdregio.engines.kafka import Kafka
from jeugdregio.engines.postgres import Postgres
from jeugdregio.errors import EngineError

__all__ = ["EngineError", "Kafka", "Postgres"]
