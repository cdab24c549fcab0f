"""Marks that stand in one organisation's rows only, and who may be shown them."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import httpx

from shared.auth import Role
from tests.contract.callers import Caller


class Kind(Enum):
    """Whose a mark is: of a client's care (municipality and provider), of a claim, an agreement, a provider, ..."""

    CARE = "care"
    CLAIM = "claim"
    AGREEMENT = "agreement"
    PROVIDER = "provider"
    ACCOUNTS = "accounts"
    DELIVERY = "delivery"


# Who is shown all of one kind, whosever it is.
_ONLY = {Role.REFERRER: Kind.PROVIDER, Role.OPERATOR: Kind.DELIVERY, Role.ANALYST: Kind.ACCOUNTS}


@dataclass(frozen=True)
class Canary:
    """A text that stands in one organisation's rows only."""

    text: str
    kind: Kind
    provider: str
    municipality: str = ""
    manager: str = ""

    @classmethod
    def of_delivery(cls, text: str, role: Role, organisation: str, *, inside: bool = False) -> "Canary":
        """Give the mark of what one organisation delivered in one role, or of what is inside it."""
        by = {each: organisation if role is each else "" for each in Role}
        kind = Kind.CARE if inside else Kind.DELIVERY
        return cls(text, kind, by[Role.PROVIDER], by[Role.MUNICIPALITY], by[Role.CONTRACT_MANAGER])

    def may_reach(self, caller: Caller) -> bool:
        """Whether the caller may be shown it anywhere."""
        match caller.role:
            case Role.MUNICIPALITY:
                return self.municipality == caller.organisation
            case Role.PROVIDER:
                return self.provider == caller.organisation
            case Role.CONTRACT_MANAGER:
                own = self.manager == caller.organisation
                return own if self.manager else self.kind not in (Kind.CARE, Kind.DELIVERY)
        return self.kind is _ONLY.get(caller.role)


def leaks(answer: httpx.Response, caller: Caller, canaries: Sequence[Canary]) -> list[str]:
    """Give the marks in an answer, its headers and its cursors that its caller may not see."""
    text = answer.text + str(answer.headers.raw)
    cursors = "".join(map(_decoded, re.findall(r"(?:cursor=|nextCursor\":\")([\w-]+)", text)))
    return [each.text for each in canaries if each.text in text + cursors and not each.may_reach(caller)]


def _decoded(cursor: str) -> str:
    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
