"""Who calls: one role, one organisation."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a caller is to the region; one per token."""

    MUNICIPALITY = "municipality"
    PROVIDER = "provider"
    REFERRER = "referrer"
    CONTRACT_MANAGER = "contract-manager"
    ANALYST = "analyst"
    PEER = "peer"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller whose token was accepted.

    `organisation` is the code of its own kind: CBS code of a municipality, AGB code of a provider, OIN of
    others. `subject` is the end user or system, opaque. `activity` is the processing activity that this is
    done for (URI in the register of processing activities): the processing log says why with it.
    """

    role: Role
    organisation: str
    subject: str
    activity: str
