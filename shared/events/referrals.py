"""What the referrals service publishes."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.events.state import State
from shared.values.codes import Frequency, ReasonOfEnding, ReferrerType, Unit
from shared.values.identifiers import Agb, AssignmentNumber, MunicipalityCode, ProductCode
from shared.values.moments import Moment
from shared.values.money import Cents


class IndicationState(State):
    """A municipality's decision, whole, at one version: this client, this product, this provider, from..to.

    `client_id` is a random id; with the municipality it still points to a child: this is personal data.
    `referrer` is None when it is unknown, which is not the same as `ReferrerType.NONE`.
    """

    client_id: UUID
    municipality: MunicipalityCode
    product: ProductCode
    provider: Agb
    valid_from: date = Field(alias="from")
    valid_to: date | None = Field(default=None, alias="to")
    volume: int | None = Field(default=None, ge=0)
    unit: Unit | None = None
    frequency: Frequency | None = None
    budget_cents: Cents | None = None
    agreed_tariff_cents: Cents | None = None
    referrer: ReferrerType | None = None
    withdrawn: bool
    assignment_number: AssignmentNumber | None = Field(
        default=None,
        description="Read by contracts, where claims name it; absent in events of before it was needed",
    )
    decided_at: Moment | None = Field(
        default=None,
        description="Read by monitoring, for the time from decision to start; absent in older events",
    )


class CareState(State):
    """A period of care, whole, at one version: what a provider said of its start, and of its stop once there is one.

    `indication` is the aggregate id of the indication that it was given under. Withdrawn: it never was.
    Published once its indication is known; with `client_id` it is personal data.
    """

    indication: UUID
    client_id: UUID
    municipality: MunicipalityCode
    provider: Agb
    valid_from: date = Field(alias="from", description="The day on which care really began")
    valid_to: date | None = Field(
        default=None, alias="to", description="The last day of care; absent: it goes on"
    )
    reason_of_ending: ReasonOfEnding | None = None
    withdrawn: bool
