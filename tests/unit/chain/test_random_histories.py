"""Whatever comes in whatever order through whichever loops: figures are what a recomputation from all days gives."""

import asyncio
import os
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.monitoring.figures.domain import FigureRequest
from tests.unit.chain.consistency import (
    every_copy_equals_its_journal,
    no_claim_waits_for_what_is_known,
    nothing_is_promised_too_early,
    positions_have_no_gaps,
)
from tests.unit.chain.loops import NAMES, settle
from tests.unit.chain.operations import Operation, Question, Rebuild, Repeat, Rounds, Step
from tests.unit.chain.region import ARegion, Engines
from tests.unit.chain.stories import ASKED, questions, stories
from tests.unit.monitoring import brute_force, recomputed
from tests.unit.monitoring.brute_force import EVER
from tests.unit.monitoring.recomputed import Answer, in_it

EXAMPLES = "CHAIN_EXAMPLES"
# The same examples on every machine; CHAIN_EXAMPLES=500 gives so many new ones each time.
SETTINGS = settings(
    max_examples=int(os.environ.get(EXAMPLES, "25")),
    derandomize=EXAMPLES not in os.environ,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
_numbers = count(1)


class Inquiry:
    """Asks a region what was known when, and keeps what it was told."""

    def __init__(self, region: ARegion, engines: Engines) -> None:
        self._region = region
        self._administrator = engines.administrator
        self._told: list[tuple[str, FigureRequest, Answer]] = []
        # Per figure: each promises what the topics promise that it hangs on.
        self._known_through: dict[str, datetime] = {}

    async def ask(self, question: Question) -> None:
        """Ask as of a moment for which the platform vouches; what it vouched for before must be the same again."""
        request = self._region.about(question.request)
        known_through, _ = await self._region.ask(question.figure, replace(request, as_of=None))
        if known_through is None:
            return
        assert known_through >= self._known_through.get(question.figure, known_through)
        self._known_through[question.figure] = known_through
        known = await self._region.ledger.world(self._administrator)
        moments = [known_through, *(each for each in reversed(known.moments) if each <= known_through)]
        moment = moments[question.back % len(moments)] - timedelta(microseconds=question.just_before)
        request = replace(request, as_of=moment)
        _, answer = await self._region.ask(question.figure, request)
        self._told.append((question.figure, request, answer))
        await self.all_again()

    async def all_again(self) -> None:
        for figure, request, told in self._told:
            _, answer = await self._region.ask(figure, request)
            assert answer == told

    async def compare(self) -> None:
        """Recompute all that was told from every day, from what was accepted and since when it is known."""
        known = await self._region.ledger.world(self._administrator)
        assert self._known_through.keys() == set(ASKED)
        assert all(moment <= min(self._known_through.values()) for moment in known.moments)
        for figure, request, told in self._told:
            # Recomputing takes a while: let consumers say meanwhile that they live.
            await asyncio.sleep(0)
            minute = EVER if request.as_of is None else known.minute(request.as_of)
            days = list(brute_force.days_of(known.world, minute))
            assert in_it(told, request, figure) == recomputed.answer(figure, request, days), (
                figure,
                request,
            )

    async def ask_now(self, question: Question) -> None:
        """Ask as known by now, which is settled when nothing comes any more."""
        request = replace(self._region.about(question.request), as_of=None)
        _, answer = await self._region.ask(question.figure, request)
        self._told.append((question.figure, request, answer))


async def happen(operation: Operation, region: ARegion, engines: Engines, inquiry: Inquiry) -> None:
    match operation:
        case Step(loops, write):
            await engines.loops.step(*loops, beside=region.write(write) if write else None)
        case Rounds(times, hanging):
            for _ in range(times):
                await engines.loops.step(*(name for name in NAMES if not name.startswith(hanging)))
        case Repeat(service, back, of_last_generation):
            await region.repeat(service, back, of_last_generation=of_last_generation)
        case Rebuild(loop):
            await engines.loops.rebuild(loop)
        case Question():
            await inquiry.ask(operation)
            await nothing_is_promised_too_early(engines.administrator)
        case _:
            await region.write(operation)


@SETTINGS
@given(stories(), st.tuples(*(questions(figure) for figure in ASKED)), questions())
async def test_figures_are_what_a_recomputation_from_all_days_gives_now_and_then(
    engines: Engines,
    story: tuple[list[str], list[Operation]],
    last_questions: tuple[Question, ...],
    of_now: Question,
) -> None:
    municipalities, operations = story
    region = ARegion(engines, next(_numbers), municipalities)
    inquiry = Inquiry(region, engines)
    for operation in operations:
        await happen(operation, region, engines, inquiry)
    # Twice: a claim that waited is decided by the first, and known since a moment after it.
    for _ in range(2):
        await settle(engines.loops, engines.administrator)
    await nothing_is_promised_too_early(engines.administrator)
    await every_copy_equals_its_journal(engines.administrator)
    await no_claim_waits_for_what_is_known(engines.administrator)
    await positions_have_no_gaps(engines.administrator)
    for question in last_questions:
        await inquiry.ask(question)
    await inquiry.ask_now(of_now)
    await inquiry.compare()
