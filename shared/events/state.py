"""What all published models have in common."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

# Readers ignore what they do not know, so that a publisher may add properties without a new version.
_CONFIG = ConfigDict(
    frozen=True, extra="ignore", populate_by_name=True, alias_generator=to_camel, hide_input_in_errors=True
)


class Part(BaseModel):
    """A part of a state; camelCase on the wire."""

    model_config = _CONFIG


class State(BaseModel):
    """The whole state of one aggregate at one version: never a delta; camelCase on the wire."""

    model_config = _CONFIG

    def payload(self) -> str:
        """The state as the JSON text that a journal row holds."""
        return self.model_dump_json(by_alias=True)
