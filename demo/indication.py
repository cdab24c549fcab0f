"""An indication of the example, at one version, as a municipality delivers it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from demo.clients import Client
from demo.offer import INDEPENDENT_LIVING
from demo.request import MUNICIPALITY, Body, Draw, Request
from shared.values.codes import Frequency, ReferrerType, Unit
from shared.values.moments import AMSTERDAM, moment_text

_STAGE = 2
_TODDLERS_FROM = 2019
_INSTITUTIONS = ("98900901", "98900902")


@dataclass(frozen=True, slots=True)
class Terms:
    """For how long and how much. Cents are euro cents; a budget is for the whole period."""

    valid_from: date
    valid_to: date | None
    volume: int | None = None
    frequency: Frequency | None = None
    budget_cents: int | None = None
    agreed_tariff_cents: int | None = None


@dataclass(frozen=True, slots=True)
class Indication:
    """One version of an indication. `number` and the client's municipality identify it."""

    number: int
    client: Client
    product: str
    provider: str
    terms: Terms
    referrer: ReferrerType | None
    decided_at: datetime
    sent_after: timedelta
    team: str | None = None
    school: str | None = None
    administrative_reason: str | None = None
    unit: Unit = Unit.DAY_AND_NIGHT

    def request(self) -> Request:
        """The call that delivers this version."""
        return self._call("PUT", "", self._body())

    def withdrawal(self, decided_at: datetime, reason: str) -> Request:
        """The call that withdraws it."""
        moments = {"decidedAt": moment_text(decided_at), "sentAt": moment_text(decided_at + self.sent_after)}
        return self._call("POST", "/withdrawals", {**moments, "reason": reason})

    def _call(self, method: str, below: str, body: Body) -> Request:
        municipality = self.client.municipality
        path = f"/indications/{municipality}/{self.number}"
        return Request(
            _STAGE,
            "referrals",
            method,
            path + below,
            body,
            MUNICIPALITY,
            organisation=municipality,
            line=path,
        )

    def _body(self) -> Body:
        terms = self.terms
        optional: dict[str, Any] = {
            "to": terms.valid_to and terms.valid_to.isoformat(),
            "volume": terms.volume,
            "unit": None if terms.volume is None else self.unit,
            "frequency": terms.frequency,
            "budgetCents": terms.budget_cents,
            "agreedTariffCents": terms.agreed_tariff_cents,
            "referrer": self._referrer(),
            "team": self.team,
            "school": self.school,
            "administrativeReason": self.administrative_reason,
        }
        return {
            "bsn": self.client.bsn,
            "birthYear": self.client.birth_year,
            "postcode4": self.client.postcode,
            "product": self.product,
            "provider": self.provider,
            "decidedAt": moment_text(self.decided_at),
            "sentAt": moment_text(self.decided_at + self.sent_after),
            "from": terms.valid_from.isoformat(),
            "explanatoryAnalysis": self._analysis(),
        } | {name: value for name, value in optional.items() if value is not None}

    def _referrer(self) -> Body | None:
        if self.referrer is ReferrerType.CERTIFIED_INSTITUTION:
            return {"type": self.referrer, "code": _INSTITUTIONS[self.number % len(_INSTITUTIONS)]}
        return None if self.referrer is None else {"type": self.referrer}

    def _analysis(self) -> Body:
        # By the number and not by the moment of decision, so that every version says the same.
        if self.number % 5:
            return {"doneOn": (self.terms.valid_from - timedelta(days=10 + self.number % 17)).isoformat()}
        return {"motivation": "Placed in an emergency; the analysis follows."}


def new_indication(
    draw: Draw,
    number: int,
    *,
    client: Client,
    product: str,
    provider: str,
    terms: Terms,
    referrer: ReferrerType | None,
) -> Indication:
    """A first version, decided some weeks before it starts and sent within the week."""
    decided_on = terms.valid_from - timedelta(days=draw.between(5, 40))
    goes_to_school = client.birth_year < _TODDLERS_FROM and draw.chance(0.2)
    return Indication(
        number=number,
        client=client,
        product=product,
        provider=provider,
        terms=terms,
        referrer=referrer,
        decided_at=office_hours(decided_on, draw.below(8 * 60)),
        sent_after=timedelta(minutes=draw.between(5, 5 * 24 * 60)),
        team=f"{client.municipality}-{draw.between(1, 3)}" if referrer is ReferrerType.MUNICIPALITY else None,
        school=f"{draw.between(10, 31)}ZZ00" if goes_to_school else None,
        unit=Unit.HOUR if product == INDEPENDENT_LIVING else Unit.DAY_AND_NIGHT,
    )


def office_hours(day: date, minutes: int) -> datetime:
    """A moment on a day, that many minutes after half past eight in the Netherlands."""
    return datetime.combine(day, time(8, 30), AMSTERDAM) + timedelta(minutes=minutes)
