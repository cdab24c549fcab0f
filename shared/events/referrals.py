"""What the referrals service publishes."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.events.state import State
from shared.values.codes import Frequency, ReferrerType, Unit
from shared.values.identifiers import Agb, MunicipalityCode, ProductCode
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
