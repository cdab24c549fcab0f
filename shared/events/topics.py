"""Every topic of the platform: who publishes it, about what, in which model."""

from dataclasses import dataclass

from shared.events.availability import ReportState
from shared.events.contracts import AgreementState, ClaimState, ProductState, ProviderState, ValuationState
from shared.events.referrals import CareState, IndicationState
from shared.events.state import State


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic per aggregate. A change that is not additive is a new `.v2` model beside the old one."""

    service: str
    aggregate: str
    model: type[State]
    derived: bool = False
    """A function of other topics: it promises no more than they do (`shared/journal/sequencer.py`)."""

    @property
    def name(self) -> str:
        """The topic's name in Kafka."""
        return f"{self.service}.{self.aggregate}"


TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic("referrals", "indication", IndicationState),
        Topic("referrals", "care", CareState),
        Topic("contracts", "product", ProductState),
        Topic("contracts", "provider", ProviderState),
        Topic("contracts", "agreement", AgreementState),
        Topic("contracts", "claim", ClaimState),
        Topic("contracts", "valuation", ValuationState, derived=True),
        Topic("availability", "report", ReportState),
    )
}


def topics_of(service: str) -> tuple[Topic, ...]:
    """The topics that a service publishes."""
    return tuple(topic for topic in TOPICS.values() if topic.service == service)
