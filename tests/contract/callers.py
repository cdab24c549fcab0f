"""Who calls in these tests: of every role one that owns the rows in question, and one that does not."""

from typing import NamedTuple

from shared.auth import Role

OWN_MUNICIPALITY, OTHER_MUNICIPALITY = "0794", "0743"
OWN_PROVIDER, OTHER_PROVIDER = "98000001", "98000002"
OWN_OIN, OTHER_OIN = "00000099000000000001", "00000099000000000002"
# In the region, but without a row of its own anywhere.
STRANGE_MUNICIPALITY, STRANGE_PROVIDER, STRANGE_OIN = "0861", "98000009", "00000099000000000009"
# Brings its history along, and nothing else.
IMPORTING = "0848"
OUTSIDE_THE_REGION = "0363"


class Caller(NamedTuple):
    """A role and the organisation that has it."""

    role: Role
    organisation: str


# Who writes what nobody else looks at.
WRITER = Caller(Role.MUNICIPALITY, "0866")


def _of(role: Role, municipality: str, provider: str, other: str) -> Caller:
    by_role = {Role.MUNICIPALITY: municipality, Role.PROVIDER: provider}
    return Caller(role, by_role.get(role, other))


def own(role: Role) -> Caller:
    """Give the caller of a role whose rows the requests of `tests.contract.requests` name."""
    return _of(role, OWN_MUNICIPALITY, OWN_PROVIDER, OWN_OIN)


def other(role: Role) -> Caller:
    """Give the caller of a role that has rows too, but not these."""
    return _of(role, OTHER_MUNICIPALITY, OTHER_PROVIDER, OTHER_OIN)


def stranger(role: Role) -> Caller:
    """Give the caller of a role that has no rows at all."""
    return _of(role, STRANGE_MUNICIPALITY, STRANGE_PROVIDER, STRANGE_OIN)
