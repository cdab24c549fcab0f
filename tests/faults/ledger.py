"""What a caller knows of what it sent: acknowledged, refused, or unknown because no answer came."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

State = dict[str, Any]
Key = tuple[str, ...]
_FAULT_OF_THE_SERVER = 500


@dataclass
class Entry:
    """One aggregate by its key, as its answers say it stands; version 0: it is not there."""

    kind: str
    key: Key
    state: State | None = None
    version: int = 0
    doubt: State | None = None
    """What stands there when the last write, of which nobody knows, was applied after all."""
    sent: int = 0
    """How many writes were made up for it: moments of decision are counted with it."""

    @property
    def there(self) -> bool:
        return self.version > 0

    def settle(self, version: int) -> None:
        """The doubt is over: the owner has this version, with or without the write in doubt."""
        if self.doubt is not None and version == self.version + 1:
            self.state, self.version = self.doubt, version
        self.doubt = None


@dataclass(frozen=True)
class Write:
    """A call, and what it has to come to: `makes` stands there afterwards, or with None nothing changes."""

    entry: Entry
    service: str
    method: str
    path: str
    role: str
    organisation: str
    body: State
    makes: State | None = None
    accepted: bool = True

    def __str__(self) -> str:
        return f"{self.method} {self.service}{self.path}"


@dataclass
class Ledger:
    """All entries by kind and key, how calls ended, and answers that were other than they had to be."""

    kinds: dict[str, dict[Key, Entry]] = field(default_factory=lambda: defaultdict(dict))
    ends: Counter[str] = field(default_factory=Counter)
    surprises: list[str] = field(default_factory=list)
    numbers: int = 0

    def entry(self, kind: str, *key: str) -> Entry:
        return self.kinds[kind].setdefault(key, Entry(kind, key))

    def there(self, kind: str) -> Iterator[Entry]:
        return (entry for entry in self.kinds[kind].values() if entry.there)

    def strike(self, entry: Entry) -> None:
        """Forget a write that a sabotaged process lost."""
        del self.kinds[entry.kind][entry.key]

    def next_number(self) -> str:
        """Give an assignment number that was not used before."""
        self.numbers += 1
        return str(self.numbers)

    def answered(self, write: Write, answer: httpx.Response | None) -> bool:
        """Note an answer (None: none came); say whether it was a definite one."""
        if answer is None or answer.status_code >= _FAULT_OF_THE_SERVER:
            # Also a 503: the connection may have been lost after the commit.
            self.ends["unknown"] += 1
            write.entry.doubt = write.makes
            return False
        self.ends["acknowledged" if answer.is_success else "refused"] += 1
        write.entry.doubt = None
        if answer.is_success is not write.accepted:
            self.surprises.append(f"{write}: {answer.status_code} {answer.text[:300]}")
        elif write.makes is not None:
            write.entry.state = write.makes
            write.entry.version += 1
            if answer.json()["version"] != write.entry.version:
                self.surprises.append(
                    f"{write}: version {answer.json()['version']}, not {write.entry.version}"
                )
        return True
