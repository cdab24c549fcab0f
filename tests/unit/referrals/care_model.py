"""Stories about one assignment number: what is granted and said of it, and what the rules alone make of that."""

from dataclasses import dataclass, field, replace
from datetime import date
from random import Random

from hypothesis import strategies as st

from services.referrals.care.domain import (
    Decision,
    Indication,
    Kept,
    Outcome,
    Place,
    Refusal,
    Status,
    Version,
    decide,
    settle,
)
from shared.values.codes import ReasonOfEnding
from shared.values.period import Period
from tests.unit.referrals.given import OTHER, PROVIDER, at, day

KEPT = {Outcome.CREATED, Outcome.APPLIED, Outcome.SUPERSEDED}


@dataclass(frozen=True)
class Said:
    """A version of a period that somebody sends."""

    provider: str
    first: date
    version: Version


@dataclass(frozen=True)
class Granted:
    """A version of the indication; all of it may change, as by an administrative correction."""

    first: date
    last: date | None
    provider: str


@dataclass(frozen=True)
class Withdrawn:
    """The withdrawal of the indication."""


Step = Said | Granted | Withdrawn


@dataclass
class Model:
    """All about one assignment number, by the rules alone."""

    indication: Indication | None = None
    periods: dict[tuple[str, date], Kept] = field(default_factory=dict)
    versions: dict[tuple[str, date], int] = field(default_factory=dict)
    refusals: dict[tuple[str, date], Refusal | None] = field(default_factory=dict)

    def place(self, provider: str, first: date) -> Place:
        others = [
            Period(other_first, kept.newest.valid_to)
            for (other, other_first), kept in self.periods.items()
            if (other, other_first) != (provider, first)
            and kept.status is Status.ACCEPTED
            and kept.newest
            and not kept.newest.withdrawal
        ]
        return Place(provider, first, self.indication, others)

    def say(self, said: Said) -> Decision:
        key = (said.provider, said.first)
        kept = self.periods.get(key, Kept())
        decision = decide(kept, said.version, self.place(*key))
        if decision.outcome in KEPT:
            status = kept.status
            if decision.outcome is not Outcome.SUPERSEDED:
                self.refusals[key] = None
                status = Status.WAITING if self.indication is None else Status.ACCEPTED
                self.versions[key] = self.versions.get(key, 0) + (status is Status.ACCEPTED)
            self.periods[key] = Kept((*kept.versions, said.version), status)
        return decision

    def take(self, step: Step) -> Decision | None:
        """Take what arrives; a decision when it is about care."""
        match step:
            case Said():
                return self.say(step)
            case Granted():
                self.grant(Indication(step.provider, Period(step.first, step.last)))
            case Withdrawn() if self.indication:
                self.indication = replace(self.indication, withdrawn=True)
        return None

    def grant(self, indication: Indication) -> None:
        if self.indication:
            self.indication = self.indication if self.indication.withdrawn else indication
            return
        self.indication = indication
        waiting = [
            (kept.newest, key)
            for key, kept in self.periods.items()
            if kept.status is Status.WAITING and kept.newest
        ]
        for newest, key in sorted(waiting, key=lambda each: (each[0].sent_at, each[1][1], each[1][0])):
            decision = settle(newest, self.place(*key))
            accepted = decision.outcome is Outcome.ACCEPTED
            self.refusals[key] = decision.refusal
            self.periods[key] = Kept(
                self.periods[key].versions, Status.ACCEPTED if accepted else Status.REFUSED
            )
            self.versions[key] = self.versions.get(key, 0) + accepted


_FIRSTS = [day(2), day(2), day(2), day(2, 10), day(5), day(5), date(2022, 12, 31), date(2024, 1, 1)]
_LASTS = [None, None, None, day(2, 5), day(2, 10), day(4), day(6, 30), day(12, 31), date(2024, 2, 1)]
_STEPS = 25


def _said(chance: Random, hour: int) -> Said:
    """Make what is mostly sent in the order of its arrival."""
    first, provider = chance.choice(_FIRSTS), chance.choice([PROVIDER] * 6 + [OTHER])
    moment = at(hour + chance.choice([0, 0, 0, 0, -1, -2, -4]))
    last = chance.choice(_LASTS)
    if chance.random() < 0.2:
        return Said(provider, first, Version(moment, withdrawal=True))
    if last is None or last < first:
        return Said(provider, first, Version(moment))
    reason = chance.choice([ReasonOfEnding.AS_PLANNED, ReasonOfEnding.OTHER_PROVIDER])
    return Said(provider, first, Version(moment, last, reason))


def _step(chance: Random, hour: int) -> Step:
    match chance.randrange(40):
        case 0:
            return Withdrawn()
        case 1 | 2 | 3:
            first, last = (
                chance.choice([day(1)] * 3 + [day(3)]),
                chance.choice([None, day(6, 30), day(12, 31)]),
            )
            return Granted(first, last, chance.choice([PROVIDER] * 4 + [OTHER]))
    return _said(chance, hour)


def _story(seed: int) -> list[Step]:
    chance = Random(seed)
    begun: list[Step] = [Granted(day(1), day(12, 31), PROVIDER)] if chance.random() < 0.5 else []
    return [*begun, *(_step(chance, hour) for hour in range(chance.randint(1, _STEPS)))]


# By seed: drawn choice by choice the stories come out too much alike to reach the corners.
stories = st.integers(0, 2**32).map(_story)
