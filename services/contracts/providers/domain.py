"""The rules of a provider."""

from collections.abc import Iterator

from shared.dutch import translate
from shared.events.contracts import ProviderState
from shared.problems import FieldError

translate(
    {
        "location-code": "Elke locatie heeft een eigen code; deze staat er al.",
    }
)


def violations(provider: ProviderState) -> Iterator[FieldError]:
    """Give every broken rule between the fields of a provider."""
    seen: set[str] = set()
    for place, location in enumerate(provider.locations):
        if location.code in seen:
            message = "Another location of this provider has this code; give each its own."
            yield FieldError("location-code", message, pointer=f"#/locations/{place}/code")
        seen.add(location.code)
