"""Fixtures for all tests: real engines, started when the first test asks for them."""

from tests.engines import engines_folder, kafka, postgres

__all__ = ["engines_folder", "kafka", "postgres"]
