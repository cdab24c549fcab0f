"""What all published models have in common."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Part(BaseModel):
    """A part of a state; camelCase on the wire. Readers ignore what they do not know, so that properties may be added."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        alias_generator=to_camel,
        hide_input_in_errors=True,
    )


class State(Part):
    """The whole state of one aggregate at one version: never a delta."""

    def payload(self) -> str:
        """The state as the JSON text that a journal row holds."""
        return self.model_dump_json(by_alias=True)
