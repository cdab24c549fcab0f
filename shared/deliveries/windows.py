"""Import windows: while an operator has one open for an organisation, its deliveries may say when something became known.

Without one, all is known from the moment of its recording, and `asOf` is a prefix of the journal for ever. History that a
region brings along when it starts is told as it happened, by whom it is, and answers about the past say so meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from shared.database import Connection
from shared.deliveries.kinds import Content
from shared.dutch import translate
from shared.problems import Conflict, FieldError, Kind, register
from shared.values.moments import Moment, moment_text

KNOWN_AT: Final = "knownAt"
_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(Moment)
# Shared by who delivers, for as long as a file comes in: a window is not closed under it.
_DELIVERING: Final = (
    "select pg_advisory_xact_lock_shared(hashtext(current_schema() || '.import'), hashtext($1))"
)
_CLOSING: Final = (
    "select pg_try_advisory_xact_lock(hashtext(current_schema() || '.import'), hashtext($1))"
    " and not exists (select from delivery where organisation = $1 and state in ('received', 'applying'))"
)
_OF: Final = """
select w.id is not null as is_open, w.known_after, moment() as now
from (select) one left join import_window w on w.organisation = $1 and w.closed_at is null
"""
_SHOWN: Final = "select id, organisation, known_after, reason, opened_at, closed_at from import_window"
_OPEN: Final = """
insert into import_window (organisation, known_after, reason, opened_by, opened_at) values ($1, $2, $3, $4, moment())
on conflict (organisation) where closed_at is null do nothing returning id
"""


class ImportWindowOpen(Conflict):
    """A window with other terms is open for this organisation: close it first."""


class ImportUnfinished(Conflict):
    """Deliveries of this organisation are still being received or applied: wait until they are done, then close again."""


register(
    {
        ImportWindowOpen: Kind(
            409, "import-window-open", "Another import window is open", "Er staat al een importvenster open"
        ),
        ImportUnfinished: Kind(
            409, "import-unfinished", "The import is not finished", "De import is nog niet klaar"
        ),
    }
)
translate(
    {
        "import-not-open": "`knownAt` mag alleen zolang een beheerder een importvenster voor u open heeft; laat het weg.",
        "known-in-future": "`knownAt` ligt in de toekomst; geef een moment dat voorbij is.",
        "known-too-early": "`knownAt` ligt niet na het moment vanaf waar dit importvenster geldt.",
    }
)


@dataclass(frozen=True, slots=True)
class ImportTerms:
    """Whether an organisation may bring history, after which moment, and what time it is."""

    is_open: bool
    known_after: datetime | None
    now: datetime

    def take(self, content: Content, wrong: list[FieldError]) -> str | None:
        """Take the known moment out of a record; adds to `wrong` what is wrong with it."""
        if KNOWN_AT not in content:
            return None
        given = content.pop(KNOWN_AT)
        if not self.is_open:
            wrong.append(
                _error(
                    "import-not-open",
                    "`knownAt` goes with an open import window: leave it out, or ask your operator.",
                )
            )
            return None
        try:
            moment = _MOMENT.validate_python(given)
        except ValidationError:
            wrong.append(
                _error(
                    "moment",
                    "Write a moment with date, time and offset from UTC, such as 2023-08-10T09:00:00Z.",
                )
            )
            return None
        if moment > self.now:
            wrong.append(
                _error("known-in-future", "`knownAt` lies in the future: give a moment that has passed.")
            )
        if self.known_after is not None and moment <= self.known_after:
            wrong.append(
                _error("known-too-early", "`knownAt` must lie after the moment that the import window says.")
            )
        return moment_text(moment)


def _error(code: str, message: str) -> FieldError:
    return FieldError(code, message, pointer=f"#/{KNOWN_AT}")


async def terms_of(connection: Connection, organisation: str) -> ImportTerms:
    """Read under which terms an organisation delivers, and keep them so to the end of the transaction."""
    await connection.execute(_DELIVERING, organisation)
    (row,) = await connection.fetch(_OF, organisation)
    return ImportTerms(**dict(row))


async def open_window(
    connection: Connection, organisation: str, *, known_after: datetime | None, reason: str, by: str
) -> tuple[dict[str, Any], bool]:
    """Open a window; says whether it was not open before. Raises ImportWindowOpen when one with other terms is."""
    opened = await connection.fetchval(_OPEN, organisation, known_after, reason, by)
    window = await _open_one(connection, organisation)
    if window is None or (window["known_after"], window["reason"]) != (known_after, reason):
        raise ImportWindowOpen
    return window, opened is not None


async def close_window(connection: Connection, organisation: str) -> dict[str, Any] | None:
    """Close the window of an organisation, or give the one closed last; None: it never had one. Raises ImportUnfinished."""
    newest = f"{_SHOWN} where organisation = $1 order by id desc limit 1"
    window = await connection.fetchrow(newest, organisation)
    if window is None or window["closed_at"] is not None:
        return dict(window) if window else None
    if not await connection.fetchval(_CLOSING, organisation):
        raise ImportUnfinished
    await connection.execute("update import_window set closed_at = moment() where id = $1", window["id"])
    (closed,) = await connection.fetch(newest, organisation)
    return dict(closed)


async def windows(connection: Connection, *, after: UUID | None, limit: int) -> Sequence[dict[str, Any]]:
    """Read a page of windows, newest first."""
    statement = f"{_SHOWN} where $1::uuid is null or id < $1 order by id desc limit $2"
    return [dict(row) for row in await connection.fetch(statement, after, limit)]


async def _open_one(connection: Connection, organisation: str) -> dict[str, Any] | None:
    found = await connection.fetchrow(f"{_SHOWN} where organisation = $1 and closed_at is null", organisation)
    return dict(found) if found else None
