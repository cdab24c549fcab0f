"""The watchdog: silence is told from having nothing to say, and from being busy."""

import pytest
from aiokafka import TopicPartition

from shared.consumer.apply import Stand
from shared.consumer.silence import Silence, SilentError

ONE, OTHER = TopicPartition("referrals.indication", 0), TopicPartition("referrals.indication", 1)


def test_a_partition_that_is_behind_and_does_not_move_between_two_looks_is_silent() -> None:
    silence = Silence()
    silence.look({ONE: Stand(1, 5), OTHER: Stand(1, 9)}, {ONE: 7, OTHER: 9})
    with pytest.raises(SilentError, match="1 partitions"):
        silence.look({ONE: Stand(1, 5), OTHER: Stand(1, 9)}, {ONE: 8, OTHER: 9})


@pytest.mark.parametrize(
    ("stand", "end"),
    [(Stand(1, 6), 8), (Stand(2, 5), 8), (Stand(1, 7), 7)],
    ids=["it moved on", "a new generation began", "it caught up"],
)
def test_a_partition_that_moved_is_not_silent(stand: Stand, end: int) -> None:
    silence = Silence()
    silence.look({ONE: Stand(1, 5)}, {ONE: 7})
    silence.look({ONE: stand}, {ONE: end})
    silence.look({ONE: stand}, {})
    silence.look({ONE: stand}, {ONE: stand.next_offset + 1})
    with pytest.raises(SilentError):
        silence.look({ONE: stand}, {ONE: stand.next_offset + 1})


def test_a_partition_that_is_held_is_not_silent_and_is_watched_anew_afterwards() -> None:
    silence = Silence()
    silence.look({ONE: Stand(1, 5)}, {ONE: 7})
    silence.look({ONE: Stand(1, 5)}, {})
    silence.look({ONE: Stand(1, 5)}, {ONE: 7})
    with pytest.raises(SilentError):
        silence.look({ONE: Stand(1, 5)}, {ONE: 7})
