"""What figures read of the facts: the spans, and the condition of those that are known now."""

from services.monitoring.facts.tables import NOW, span

__all__ = ["NOW", "span"]
