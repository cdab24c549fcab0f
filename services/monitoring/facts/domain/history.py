"""One indication: all its versions and its line of values, and what they say of a span at a moment."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from services.monitoring.facts.domain.knowledge import newest_at
from shared.events.contracts import LineEntry
from shared.events.known import Known
from shared.events.referrals import IndicationState
from shared.values.codes import ReferrerType
from shared.values.moments import AMSTERDAM
from shared.values.period import Period
from shared.values.region import Region

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom and what a span is about: the attributes of its indication. No segment: not valued yet, so not known."""

    client: UUID
    municipality: str
    product: str
    segment: int | None
    residential: bool
    family: bool
    housing: bool
    provider: str
    referrer: ReferrerType | None


@dataclass(frozen=True, slots=True)
class Then:
    """An indication at a moment: its newest version, and the entry of its line that values this version, if any."""

    state: IndicationState
    entry: LineEntry | None

    @property
    def subject(self) -> Subject:
        state, entry = self.state, self.entry
        return Subject(
            client=state.client_id,
            municipality=state.municipality,
            product=state.product,
            segment=entry.segment if entry else None,
            residential=entry is not None and entry.residential,
            family=entry is not None and entry.family,
            housing=entry is not None and entry.housing,
            provider=state.provider,
            referrer=state.referrer,
        )


@dataclass(frozen=True, slots=True)
class History:
    """All versions of one indication, and the line of its newest valuation (empty: none came yet)."""

    versions: Sequence[Known[IndicationState]]
    line: Sequence[LineEntry] = ()

    @property
    def moments(self) -> set[datetime]:
        """When something of it became known."""
        return {*(each.known_at for each in self.versions), *(each.known_from for each in self.line)}

    def at(self, moment: datetime) -> Then | None:
        """What was known of it at a moment, withdrawn or not; None: nothing yet."""
        newest = newest_at(moment, self.versions)
        if newest is None:
            return None
        position = bisect_right(self.line, moment, key=lambda each: each.known_from)
        entry = self.line[position - 1] if position else None
        if entry is not None and entry.indication_version != newest.version:
            # Its value is of another version: what this one is worth has still to come.
            entry = None
        return Then(newest.state, entry)

    def decided_on(self, moment: datetime) -> date | None:
        """The day in Amsterdam of the first decision among the versions known at a moment; None: none says it."""
        decided = [each.state.decided_at for each in self.versions if each.known_at <= moment]
        first = min((each for each in decided if each is not None), default=None)
        return None if first is None else first.astimezone(AMSTERDAM).date()


def sub_regions(municipality: str, region: Region) -> Iterator[tuple[str | None, Period]]:
    """The sub-regions that a municipality was in, each with its days, in order; from the beginning of time on."""
    # A client's former or later municipality may lie outside the region.
    changes = region.sub_region_changes(municipality) if municipality in region else ((date.min, None),)
    for (start, name), (following, _) in pairwise(changes):
        yield name, Period(start, following - _ONE_DAY)
    start, name = changes[-1]
    yield name, Period(start, None)
