"""What cannot be applied is set aside without its content and the rest goes on; too much in a row stops the consumer."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from shared.consumer.consumer import Consumer, PoisonedError
from tests.unit.shared.consumer.reading import Owner, Reader, at
from tests.waiting import until

SECRET = "Pietje Puk"
AGGREGATE = UUID("0197f6f0-0000-7000-8000-00000000000a")
IN_A_ROW = 20


def changed(**attributes: object) -> Callable[[Owner], bytes]:
    """Give an event with other attributes in its envelope."""
    return lambda owner: orjson.dumps({**orjson.loads(owner.event(AGGREGATE, 1)), **attributes})


def replaced(pattern: bytes, by: bytes) -> Callable[[Owner], bytes]:
    """Give an event whose text was changed into what no encoder here would write."""
    return lambda owner: re.sub(pattern, by, owner.event(AGGREGATE, 1, filler=SECRET))


POISON: dict[str, Callable[[Owner], bytes | None]] = {
    "no message": lambda _: None,
    "no JSON": lambda _: f"{SECRET} is no JSON".encode(),
    "no envelope": lambda _: orjson.dumps({"name": SECRET}),
    "no text": lambda _: b"\xff\xfe\x00",
    "another type": changed(type="nl.jeugdregio.referrals.care.v1"),
    "a state that lacks what it needs": changed(data={"clientId": SECRET}),
    "a value that cannot be": lambda owner: owner.event(AGGREGATE, 1, product=SECRET),
    "a subject that is no id": changed(subject=SECRET),
    "a subject that no column takes": changed(subject="\x00"),
    "a version that no column takes": changed(version=2**31),
    "a generation that no column takes": changed(generation=2**31),
    "a number that no encoder takes": replaced(SECRET.encode(), b'x","more":' + b"9" * 40 + b',"y":"'),
    "a character that no jsonb takes": lambda owner: owner.event(AGGREGATE, 1, filler=f"{SECRET}\x00"),
    "half a character": replaced(SECRET.encode(), rb"\\ud800"),
    "a moment out of time": changed(knownat="9999-12-31T23:59:59-23:00"),
    "too deep": replaced(b'"' + SECRET.encode() + b'"', b"[" * 300 + b"]" * 300),
}


@pytest.mark.parametrize("kind", POISON)
async def test_poison_is_parked_with_a_reason_and_without_content_and_the_rest_goes_on(
    reader: Reader, owner: Owner, kind: str
) -> None:
    await reader.take_note(owner)
    await owner.send((AGGREGATE, 1), known=1)
    await owner.send_message(POISON[kind](owner), key=AGGREGATE)
    await owner.send((AGGREGATE, 2), known=2)
    async with reader.consumer() as consumer:
        await reader.read_all(owner, consumer)
    assert await reader.copy() == {(AGGREGATE, 1): (at(1), 1), (AGGREGATE, 2): (at(2), 1)}
    (parked,) = await reader.rows("parked")
    assert parked["reason"]
    assert parked["aggregate"] in {None, str(AGGREGATE)}
    assert SECRET not in str(dict(parked))
    assert max(owner.ends) > parked["offset"] >= 0


async def test_what_only_looks_like_a_forbidden_character_is_applied(reader: Reader, owner: Owner) -> None:
    await reader.take_note(owner)
    await owner.send((AGGREGATE, 1), known=1, filler="\\u0000", number=2**63)
    async with reader.consumer() as consumer:
        await reader.read_all(owner, consumer)
    assert await reader.rows("parked") == []
    assert len(await reader.copy()) == 1


@pytest.mark.parametrize("headers", [[("traceparent", None)], [("traceparent", b"\xff")], [("other", None)]])
async def test_headers_of_any_kind_do_not_stop_an_event(
    reader: Reader, owner: Owner, headers: list[tuple[str, bytes | None]]
) -> None:
    await reader.take_note(owner)
    await owner.send_message(owner.event(AGGREGATE, 1), key=AGGREGATE, headers=headers)
    async with reader.consumer() as consumer:
        await reader.read_all(owner, consumer)
    assert len(await reader.copy()) == 1


async def test_the_same_event_is_parked_once_and_stays_discarded(reader: Reader, owner: Owner) -> None:
    poison = owner.event(AGGREGATE, 1, product="not a product")
    await reader.take_note(owner)
    async with reader.consumer() as consumer:
        await owner.send_message(poison, key=AGGREGATE)
        await reader.read_all(owner, consumer)
        await reader.admin.execute("update monitoring.parked set discarded = true")
        await owner.send_message(poison, key=AGGREGATE)
        await reader.read_all(owner, consumer)
    (parked,) = await reader.rows("parked")
    assert parked["discarded"]


# --- too much ---


async def poison_in_a_row(owner: Owner, count: int) -> None:
    for _ in range(count):
        await owner.send_message(b"poison", key=AGGREGATE)


async def stopped(reader: Reader, times: int = 2) -> None:
    """Run consumers, each built anew after the one before, until so many have refused to go on."""
    for _ in range(times):
        async with reader.consumer() as consumer:

            async def stops(consumer: Consumer = consumer) -> bool:
                try:
                    await consumer.step()
                except PoisonedError:
                    return True
                return False

            await until(stops)


async def test_poison_that_does_not_end_stops_the_consumer_and_it_stays_stopped(
    reader: Reader, owner: Owner
) -> None:
    await reader.take_note(owner)
    await owner.send((AGGREGATE, 1), known=1)
    await poison_in_a_row(owner, 2 * IN_A_ROW)
    await owner.send((AGGREGATE, 2), known=2)
    await stopped(reader)
    assert (await reader.copy()).keys() == {(AGGREGATE, 1)}
    assert len(await reader.rows("parked")) == IN_A_ROW - 1
    assert sum(owner.ends) - sum(await reader.next_offsets()) == IN_A_ROW + 2


async def test_poison_that_comes_in_small_portions_stops_it_too(reader: Reader, owner: Owner) -> None:
    await reader.take_note(owner)
    for _ in range(3):
        await poison_in_a_row(owner, 6)
        async with reader.consumer() as consumer:
            await reader.read_all(owner, consumer)
    await poison_in_a_row(owner, 6)
    await stopped(reader)
    assert len(await reader.rows("parked")) == IN_A_ROW - 1


async def test_poison_among_good_events_does_not_stop_it_however_much_it_is(
    reader: Reader, owner: Owner
) -> None:
    await reader.take_note(owner)
    for version in range(1, IN_A_ROW + 10):
        await owner.send_message(b"poison", key=AGGREGATE)
        await owner.send((AGGREGATE, version), known=version)
    async with reader.consumer() as consumer:
        await reader.read_all(owner, consumer)
    assert len(await reader.copy()) == IN_A_ROW + 9
    assert len(await reader.rows("parked")) == IN_A_ROW + 9


async def test_a_stopped_consumer_goes_on_when_what_was_parked_is_discarded(
    reader: Reader, owner: Owner
) -> None:
    await reader.take_note(owner)
    await poison_in_a_row(owner, IN_A_ROW)
    await owner.send((AGGREGATE, 1), known=1)
    await stopped(reader, times=1)
    await reader.admin.execute("update monitoring.parked set discarded = true")
    async with reader.consumer() as consumer:
        await reader.read_all(owner, consumer)
    assert (await reader.copy()).keys() == {(AGGREGATE, 1)}


async def test_a_stopped_consumer_does_not_stop_the_other_partitions(reader: Reader, owner: Owner) -> None:
    await reader.take_note(owner)
    await poison_in_a_row(owner, IN_A_ROW)
    others: dict[str, Any] = {"versions": [(uuid4(), 1) for _ in range(30)]}
    await owner.send(*others["versions"])

    async def others_read() -> bool:
        await stopped(reader, times=1)
        offsets = await reader.next_offsets()
        return sum(ours < end for ours, end in zip(offsets, owner.ends, strict=True)) == 1

    await until(others_read)
    assert len(await reader.copy()) > 10
