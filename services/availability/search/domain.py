"""What is on offer: an agreement, completed with what is known of its product and its provider."""

from dataclasses import dataclass
from datetime import date

from shared.events.contracts import AgreementState, Location, ProductState, ProviderState
from shared.values.codes import ProductCategory, Unit
from shared.values.period import Period


@dataclass(frozen=True, slots=True)
class Offer:
    """A product that can be had from a provider in a period. None is what is not known yet."""

    provider: str
    provider_name: str | None
    product: str
    name_nl: str | None
    name_en: str | None
    category: ProductCategory | None
    segment: int | None
    residential: bool | None
    family: bool | None
    housing: bool | None
    unit: Unit | None
    valid_from: date
    valid_to: date | None
    locations: tuple[Location, ...] | None


def offered(
    agreement: AgreementState, product: ProductState | None, provider: ProviderState | None
) -> Offer | None:
    """What an agreement offers; None when it was withdrawn, or its product exists on none of its days.

    A product or provider not heard of yet hides nothing of what was agreed: it becomes complete later.
    """
    period = _period(agreement, product)
    if period is None:
        return None
    return Offer(
        provider=agreement.provider,
        provider_name=provider.name if provider else None,
        product=agreement.product,
        name_nl=product.name_nl if product else None,
        name_en=product.name_en if product else None,
        category=product.category if product else None,
        segment=product.segment if product else None,
        residential=product.residential if product else None,
        family=product.family if product else None,
        housing=product.housing if product else None,
        unit=product.unit if product else None,
        valid_from=period.valid_from,
        valid_to=period.valid_to,
        locations=provider.locations if provider else None,
    )


def _period(agreement: AgreementState, product: ProductState | None) -> Period | None:
    if agreement.withdrawn:
        return None
    agreed = Period(agreement.valid_from, agreement.valid_to)
    return agreed.intersection(Period(product.valid_from, product.valid_to)) if product else agreed
