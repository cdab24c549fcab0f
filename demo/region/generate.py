"""Makes regions and writes them: everything that was granted first, then file by file what was said of it."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from demo.region import bespoke, catalogue, waits
from demo.region.contracts import Contracts
from demo.region.files import LAST_DELIVERY, Files
from demo.region.grants import Grant
from demo.region.histories import versions
from demo.region.making import Maker
from demo.region.naming import Naming
from demo.region.ordinary import Ordinary
from demo.region.people import People
from demo.region.published import CLIENTS
from demo.region.reports import Claims, care
from demo.region.segment_1 import Segment1
from demo.region.segment_2 import Segment2
from demo.request import Body, Draw

SEED = 20_240_101
_OFFER = 7
Progress = Callable[[int], None]
"""Told how many regions are written."""


@dataclass(frozen=True, slots=True)
class Granted:
    """All indications of a region as they count in the end, and the lines that say otherwise told ones."""

    contracts: Contracts
    grants: list[Grant]
    told: list[Body]


def granted(region: int) -> Granted:
    """Make what was granted in a region; 0 is the first."""
    draw = Draw(SEED + region)
    contracts = Contracts(Draw(SEED + _OFFER))
    people, maker = People(draw, region), Maker(draw)
    segment_2 = Segment2(maker, people)
    residential = segment_2.grants + Segment1(maker, people, contracts, segment_2.grants).grants
    ordinary = Ordinary(maker, people, contracts, residential)
    bespoke.deal(draw, contracts, residential, ordinary.grants)
    return Granted(contracts, residential + ordinary.grants, segment_2.told + ordinary.told)


def write(
    scale: int, folder: Path, progress: Progress | None = None, *, until: date = LAST_DELIVERY
) -> Files:
    """Write that many regions' worth of delivery files and their region file; what was delivered by a day."""
    files = Files(folder, until)
    folder.mkdir(parents=True, exist_ok=True)
    names = [Naming(region) for region in range(scale)]
    (folder / "region.toml").write_text(Naming.region_file(names), encoding="utf-8")
    contracts = Contracts(Draw(SEED + _OFFER))
    files.whole("products", catalogue.bodies())
    files.whole("providers", (name.of(body) for name in names for body in contracts.providers()))
    files.whole("agreements", (name.of(each.record()) for name in names for each in contracts.agreements))
    for region, name in enumerate(names):
        _region(files, name, granted(region))
        if progress:
            progress(region + 1)
    return files


def _region(files: Files, name: Naming, made: Granted) -> None:
    draw = Draw(SEED + name.region)
    for provider, reports in waits.reports(draw, made.contracts):
        sent = ((date.fromisoformat(each["referenceDate"]), name.of(each)) for each in reports)
        files.history("waiting-times", name.provider(provider), sent)
    by_provider: dict[str, list[Grant]] = defaultdict(list)
    for grant in made.grants:
        by_provider[grant.provider].append(grant)
    claims = Claims(made.grants)
    for provider, grants in sorted(by_provider.items()):
        agb = name.provider(provider)
        files.history(
            "care-periods", agb, ((day, name.of(line)) for each in grants for day, line in care(each))
        )
        files.history(
            "claims", agb, ((day, name.of(line)) for each in grants for day, line in claims.of(each))
        )
    for code, lines in _by_municipality(draw, made).items():
        sent = ((date.fromisoformat(line["sentAt"][:10]), name.of(line)) for line in lines)
        files.history("indications", name.municipality(code), sent)


def _by_municipality(draw: Draw, made: Granted) -> dict[str, Iterator[Body]]:
    grants: dict[str, list[Grant]] = defaultdict(list)
    told: dict[str, list[Body]] = defaultdict(list)
    for grant in made.grants:
        grants[grant.person.municipality].append(grant)
    for line in made.told:
        told[line["municipality"]].append(line)
    return {code: _lines(draw, grants[code], told[code]) for code in CLIENTS}


def _lines(draw: Draw, grants: list[Grant], told: list[Body]) -> Iterator[Body]:
    yield from told
    for grant in grants:
        if not grant.told:
            yield from versions(draw, grant)
