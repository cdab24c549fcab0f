"""What figures read of the facts: the spans of each kind, and the condition of those that are known now."""

from services.monitoring.facts.tables import NOW, care_span, claim_span, offer_span, span

__all__ = ["NOW", "care_span", "claim_span", "offer_span", "span"]
