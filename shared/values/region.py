"""The region is data: one file is the only place that knows its municipalities (`region.toml`)."""

import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from shared.values.identifiers import MunicipalityCode, Oin
from shared.values.period import Period


class RegionFileError(ValueError):
    """The region file cannot be used; the message says what to change in which file."""


class MunicipalityNotInRegionError(ValueError):
    """A municipality code that the region file does not hold."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Municipality {code} is not in this region; use a code from its region file.")
        self.code = code


class _FromFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Municipality(_FromFile):
    """A municipality of the region: its CBS code and its name."""

    code: MunicipalityCode
    name: str = Field(min_length=1)


class SubRegion(_FromFile):
    """Municipalities that work together from a day on, up to and including another (none: still)."""

    name: str = Field(min_length=1)
    municipalities: tuple[MunicipalityCode, ...] = Field(min_length=1)
    valid_from: date = Field(alias="from")
    valid_to: date | None = Field(default=None, alias="to")

    @property
    def period(self) -> Period:
        """The days on which the municipalities belong to it."""
        return Period(self.valid_from, self.valid_to)


class Region(_FromFile):
    """What this installation serves. `horizon`: up to when an indication without end is valued."""

    name: str = Field(min_length=1)
    oin: Oin
    horizon: date
    municipalities: tuple[Municipality, ...] = Field(min_length=1)
    sub_regions: tuple[SubRegion, ...] = ()

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        for problem in _problems(self):
            raise ValueError(problem)
        return self

    @cached_property
    def names(self) -> dict[str, str]:
        """The name of each municipality by its code, in the order of the file."""
        return {municipality.code: municipality.name for municipality in self.municipalities}

    def __contains__(self, code: str) -> bool:
        return code in self.names

    def require(self, code: str) -> str:
        """The code itself; MunicipalityNotInRegionError when the region does not hold it."""
        if code not in self.names:
            raise MunicipalityNotInRegionError(code)
        return code

    def sub_region_on(self, code: str, day: date) -> str | None:
        """The sub-region that a municipality belongs to on a day, or None when it belongs to none."""
        self.require(code)
        return next((part.name for part in self._parts(code) if day in part.period), None)

    def sub_region_changes(self, code: str) -> tuple[tuple[date, str | None], ...]:
        """From which day a municipality belongs to which sub-region, oldest first, starting at `date.min`."""
        self.require(code)
        edges = {date.min}
        for part in self._parts(code):
            edges.add(part.valid_from)
            if part.valid_to is not None:
                edges.add(part.valid_to + timedelta(days=1))
        line = [(day, self.sub_region_on(code, day)) for day in sorted(edges)]
        return (line[0], *(after for before, after in pairwise(line) if after[1] != before[1]))

    def _parts(self, code: str) -> Iterator[SubRegion]:
        return (part for part in self.sub_regions if code in part.municipalities)


def _problems(region: Region) -> Iterator[str]:
    codes = [municipality.code for municipality in region.municipalities]
    yield from (f"Municipality {code} is listed twice." for code in set(codes) if codes.count(code) > 1)
    for part in region.sub_regions:
        unknown = sorted(set(part.municipalities) - set(codes))
        if unknown:
            yield f"Sub-region {part.name} names {unknown[0]}, which is not among the municipalities."
        if part.valid_to is not None and part.valid_to < part.valid_from:
            yield f"Sub-region {part.name} ends before it starts."
            return
    for index, one in enumerate(region.sub_regions):
        for other in region.sub_regions[index + 1 :]:
            shared = sorted(set(one.municipalities) & set(other.municipalities))
            if shared and one.period.overlaps(other.period):
                yield f"{shared[0]} is in {one.name} and in {other.name} on the same day."


def load_region(path: Path) -> Region:
    """The region of a file; RegionFileError names the file and every wrong place in it."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RegionFileError(f"{path}: {error.strerror}. Set REGION_FILE to the region's file.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RegionFileError(f"{path} is not TOML: {error}") from error
    try:
        return Region.model_validate(content)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, line['loc'])) or 'file'}: {line['msg']}"
            for line in error.errors(include_url=False, include_context=False)
        )
        raise RegionFileError(f"{path}: {wrong}") from error
