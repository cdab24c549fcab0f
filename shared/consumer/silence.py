"""A watchdog: a consumer that gets nothing although there is something to get is rebuilt.

Known of the client: after a broker's restart it can wait for ever without an error.
"""

from collections.abc import Collection, Mapping

from aiokafka import TopicPartition

from shared.consumer.apply import Stand


class SilentError(Exception):
    """Partitions have events, and between two looks not one of them arrived."""

    def __init__(self, partitions: Collection[TopicPartition]) -> None:
        super().__init__(
            f"nothing arrives from {len(partitions)} partitions that have events: connecting anew"
        )


class Silence:
    """Compares, look by look, how far the logs reach with how far they were read."""

    def __init__(self) -> None:
        self._behind: dict[TopicPartition, Stand] = {}

    def look(self, stands: Mapping[TopicPartition, Stand], ends: Mapping[TopicPartition, int]) -> None:
        """Raise SilentError when a partition was behind at the last look and stands where it stood.

        `ends`: the end offset of each log that is not held.
        """
        behind = {
            each: stands[each]
            for each, end in ends.items()
            if each in stands and end > stands[each].next_offset
        }
        stuck = [each for each, stand in behind.items() if self._behind.get(each) == stand]
        self._behind = behind
        if stuck:
            raise SilentError(stuck)
