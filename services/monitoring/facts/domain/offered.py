"""What providers report of their waiting times, on the days on which they are contracted for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.monitoring.facts.domain.knowledge import (
    Span,
    all_at,
    by_aggregate,
    months,
    newest_at,
    over_time,
)
from shared.events.availability import ReportState
from shared.events.contracts import AgreementState, ProductState
from shared.events.known import Known
from shared.values.period import Period

# Providers report at least monthly (31 days); a week's grace, so that one who is a few days late does not vanish.
VALID_DAYS = 31 + 7


@dataclass(frozen=True, slots=True)
class Offered:
    """Days on which a report was valid and its provider contracted for its product. `weeks`: the whole wait, if known."""

    provider: str
    product: str
    segment: int | None
    residential: bool
    family: bool
    housing: bool
    first_month: int
    last_month: int
    weeks: int | None


def offer_spans(
    report: Sequence[Known[ReportState]],
    followers: Sequence[Known[ReportState]],
    agreements: Sequence[Known[AgreementState]],
    products: Sequence[Known[ProductState]],
) -> list[Span[Offered]]:
    """All spans of one report, from all its versions.

    `followers`: the reports of the same provider, location and product with a later reference date (they may be left
    out once they lie `VALID_DAYS` after it); `agreements` of the same provider and product; versions of the product.
    """
    contracts = list(by_aggregate(agreements).values())
    inputs = (report, followers, agreements, products)

    def facts_at(moment: datetime) -> Iterator[Offered]:
        newest = newest_at(moment, report)
        if newest is None:
            return
        later = [each.state.reference_date for each in followers if each.known_at <= moment]
        valid, product = _valid(newest.state, later), newest_at(moment, products)
        for agreement in all_at(moment, contracts):
            contracted = Period(agreement.state.valid_from, agreement.state.valid_to)
            days = None if agreement.state.withdrawn else valid.intersection(contracted)
            if days is not None:
                yield _offered(newest.state, product.state if product else None, days)

    return over_time((each.known_at for versions in inputs for each in versions), facts_at)


def _valid(report: ReportState, later: Sequence[date]) -> Period:
    """From its reference date until the next report, and for a limited time."""
    expires = report.reference_date + timedelta(days=VALID_DAYS)
    return Period(report.reference_date, min([expires, *later]) - timedelta(days=1))


def _offered(report: ReportState, product: ProductState | None, days: Period) -> Offered:
    first_month, last_month = months(days)
    known = report.intake_weeks is not None and report.start_weeks is not None
    return Offered(
        provider=report.provider,
        product=report.product,
        segment=product.segment if product else None,
        residential=product is not None and product.residential,
        family=product is not None and product.family,
        housing=product is not None and product.housing,
        first_month=first_month,
        last_month=last_month,
        weeks=(report.intake_weeks or 0) + (report.start_weeks or 0) if known else None,
    )
