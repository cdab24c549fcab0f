"""April 2023 of the small example with people of this region: the same terms, providers and referrers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from demo import granted, histories
from demo.april_2023 import example
from demo.clients import Client
from demo.indication import Indication
from demo.region.grants import Grant
from demo.region.people import Person
from demo.request import Body, Draw, Request
from shared.values.codes import Frequency, ReferrerType, Unit


def by_client() -> list[list[Indication]]:
    """The indications that count in April, those of one client together."""
    mine: dict[str, list[Indication]] = defaultdict(list)
    for one in example().counted:
        mine[one.client.bsn].append(one)
    return list(mine.values())


def delivered(draw: Draw, people: Sequence[tuple[Person, list[Indication]]]) -> list[Request]:
    """The calls that lead to these indications, each for the person it was dealt to."""
    return histories.of_counted(draw, [_of(person, one) for person, mine in people for one in mine])


def _of(person: Person, one: Indication) -> Indication:
    client = Client(person.bsn, person.birth_year, person.municipality, person.postcode)
    team = one.team and f"{person.municipality}-{one.team[-1]}"
    return replace(one, client=client, team=team)


def in_the_end(requests: Iterable[Request], people: Mapping[str, Person]) -> list[Grant]:
    """What these calls grant in the end."""
    return [_grant(one, people[one.body["bsn"]]) for one in granted.granted(requests)]


def _grant(one: granted.Granted, person: Person) -> Grant:
    body = one.body
    referrer = body.get("referrer", {})
    return Grant(
        one.number, person, one.product, one.provider, one.valid_from, one.valid_to, body.get("volume"),
        Unit(body["unit"]) if "unit" in body else None,
        Frequency(body["frequency"]) if "frequency" in body else None,
        sent=date.fromisoformat(body["sentAt"][:10]), decided=date.fromisoformat(body["decidedAt"][:10]),
        budget=body.get("budgetCents"), agreed=body.get("agreedTariffCents"),
        referrer=ReferrerType(referrer["type"]) if referrer else None, told=True, punctual=True, group=one.product,
    )  # fmt: skip


def record(request: Request) -> Body:
    """A call as a line of a delivery."""
    _, _, municipality, number, *_ = request.path.split("/")
    withdrawn = {} if "bsn" in request.body else {"withdrawn": True}
    return {"municipality": municipality, "assignmentNumber": int(number), **request.body, **withdrawn}
