"""The rules of a provider."""

from collections.abc import Iterator

from shared.events.contracts import ProviderState
from shared.problems import FieldError


def violations(provider: ProviderState) -> Iterator[FieldError]:
    """Give every broken rule between the fields of a provider."""
    seen: set[str] = set()
    for place, location in enumerate(provider.locations):
        if location.code in seen:
            message = "Another location of this provider has this code; give each its own."
            yield FieldError("location-code", message, pointer=f"#/locations/{place}/code")
        seen.add(location.code)
