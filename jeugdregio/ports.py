"""Ports: free ones the first time, the same ones ever after, so that a restart keeps its addresses."""

import json
import random
import socket
from pathlib import Path

# Below the range from which systems take the ports of outgoing connections (32768 and up): a server that is
# down for a moment finds its port still free when it comes back.
_RANGE = range(20_000, 32_000)
_ATTEMPTS = 200


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do, so that connections still closing do not count as "in use".
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(taken: frozenset[int] = frozenset()) -> int:
    """Give a loopback port that nothing listens on and is not in `taken`. Raises OSError without any."""
    for _ in range(_ATTEMPTS):
        port = random.choice(_RANGE)  # noqa: S311 - not a secret
        if port not in taken and is_free(port):
            return port
    raise OSError("no free port between 20000 and 32000")


class Ports:
    """The ports of one data folder by name, remembered in a file of it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}

    def __getitem__(self, name: str) -> int:
        if name not in self._known:
            self._known[name] = free_port(frozenset(self._known.values()))
            self._file.write_text(json.dumps(self._known, indent=1))
        return self._known[name]
