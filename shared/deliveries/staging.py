"""Take a file in: read it record by record, stage what is valid, write down what is not. All in the caller's transaction."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from shared.auth import Principal
from shared.database import Connection
from shared.deliveries.kinds import Content, Staged
from shared.deliveries.reading import Given, Lines, Reader
from shared.deliveries.windows import KNOWN_AT, ImportTerms
from shared.problems import FieldError, InvalidInput
from shared.processing_log import ProcessingRecord
from shared.tracing import current_traceparent

_BATCH: Final = 500
# Of a record with a hundred unknown members nobody reads more.
_MOST_ERRORS: Final = 20
_COLUMNS: Final = ("delivery", "key", "moment", "record", "content")
_REFUSE: Final = """
insert into delivery_refusal (delivery, record, place, organisation, role, field, code, message, message_nl, recorded_at)
select $1, r.record, r.place, $2, $3, r.field, r.code, r.message, r.message_nl, moment()
from jsonb_to_recordset($4) as r (record int, place int, field text, code text, message text, message_nl text)
"""
_RECEIVED: Final = """
insert into delivery (id, organisation, role, kind, dry_run, mode, state, processing, traceparent, records, refused,
                      recorded_at, advanced_at)
values ($1, $2, $3, $4, $5, $6, 'received', $7, $8, $9, $10, moment(), moment())
"""
ReadOne = Callable[[Content], Staged]


@dataclass(frozen=True, slots=True)
class Refused:
    """One line about a record that was refused."""

    record: int
    place: int
    field: str | None
    code: str
    message: str
    message_nl: str | None = None


async def refuse(
    connection: Connection, delivery: UUID, organisation: str, role: str, refusals: list[Refused]
) -> None:
    """Write refusals down."""
    if refusals:
        rows = [asdict(each) for each in refusals]
        await connection.execute(_REFUSE, delivery, organisation, role, rows)


@dataclass(slots=True)
class Staging:
    """A file on its way in."""

    connection: Connection
    delivery: UUID
    principal: Principal
    read: ReadOne
    terms: ImportTerms
    records: int = 0
    refused: int = 0
    _good: list[tuple[UUID, str, str, int, Content]] = field(default_factory=list)
    _bad: list[Refused] = field(default_factory=list)

    async def take(self, pieces: AsyncIterator[bytes], reader: Reader) -> None:
        """Read the file to its end. Raises InvalidInput when the file as a whole is wrong."""
        lines = Lines()
        async for piece in pieces:
            for line in lines.feed(piece):
                self._add(reader.read(line))
                if len(self._good) + len(self._bad) >= _BATCH:
                    await self._write()
            # A file that comes in faster than it is read would keep all others waiting.
            await asyncio.sleep(0)
        for line in lines.finish():
            self._add(reader.read(line, last=True))
        reader.finish()
        await self._write()
        if self.records == 0:
            raise InvalidInput([FieldError("no-records", "The file holds no record.", pointer="#")])

    async def receive(self, kind: str, processing: ProcessingRecord, *, dry_run: bool, mode: str) -> None:
        """Hand what was staged over to the worker."""
        whose = (self.principal.organisation, self.principal.role.value)
        record = asdict(processing) | {"start_time": processing.start_time.isoformat()}
        given = (kind, dry_run, mode, record, current_traceparent(), self.records, self.refused)
        await self.connection.execute(_RECEIVED, self.delivery, *whose, *given)

    def _add(self, given: Given | None) -> None:
        if given is None:
            return
        self.records += 1
        if isinstance(given, list):
            self._refuse(given)
            return
        try:
            staged = self._read(given)
        except InvalidInput as error:
            self._refuse(list(error.errors))
        else:
            key = staged.kept_under(self.records)
            self._good.append((self.delivery, key, staged.moment, self.records, staged.content))

    def _read(self, given: Content) -> Staged:
        wrong: list[FieldError] = []
        known_at = self.terms.take(given, wrong)
        try:
            staged = self.read(given)
        except InvalidInput as error:
            raise InvalidInput([*wrong, *error.errors]) from None
        if wrong:
            raise InvalidInput(wrong)
        return staged if known_at is None else replace(staged, content=staged.content | {KNOWN_AT: known_at})

    def _refuse(self, errors: list[FieldError]) -> None:
        self.refused += 1
        self._bad += [
            Refused(self.records, place, each.pointer, each.code, each.message, each.message_nl)
            for place, each in enumerate(errors[:_MOST_ERRORS])
        ]

    async def _write(self) -> None:
        if self._good:
            copied: Any = self.connection
            await copied.copy_records_to_table("staged_record", records=self._good, columns=_COLUMNS)
        whose = (self.principal.organisation, self.principal.role.value)
        await refuse(self.connection, self.delivery, *whose, self._bad)
        self._good, self._bad = [], []
