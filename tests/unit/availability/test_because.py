"""Why an offer stands where it stands, as a rule without a database."""

import pytest

from services.availability.search.domain import Sort, Standing, because
from shared.values.codes import Admission

OPEN = Admission.ACCEPTING


def codes(standing: Standing, sort: Sort, *, from_postcode: bool = False) -> list[str]:
    return [each.code for each in because(standing, sort, from_postcode=from_postcode)]


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (Standing(2, 4, 3, OPEN, None), ["wait"]),
        (Standing(0, 0, 31, OPEN, None), ["wait"]),
        (Standing(0, 0, 32, OPEN, None), ["wait", "stale"]),
        (Standing(None, 4, 3, OPEN, None), ["wait-unknown"]),
        (Standing(2, None, 3, Admission.STOP, None), ["wait-unknown", "stop"]),
        (Standing(2, 4, 3, Admission.LIMITED, None), ["wait", "limited"]),
        (Standing(None, None, None, None, None), ["never-reported"]),
    ],
)
def test_a_place_by_wait_is_explained_by_the_wait(standing: Standing, expected: list[str]) -> None:
    assert codes(standing, Sort.WAIT) == expected


def test_what_the_answer_is_ordered_by_comes_first() -> None:
    standing = Standing(2, 4, 40, OPEN, 7.3)
    assert codes(standing, Sort.WAIT, from_postcode=True) == ["wait", "distance", "stale"]
    assert codes(standing, Sort.DISTANCE, from_postcode=True) == ["distance", "wait", "stale"]
    assert codes(standing, Sort.FRESHNESS, from_postcode=True) == ["stale", "wait", "distance"]
    assert codes(Standing(2, 4, 1, OPEN, None), Sort.FRESHNESS) == ["fresh", "wait"]


def test_what_is_not_known_is_said_once() -> None:
    unknown = Standing(None, None, None, None, None)
    assert codes(unknown, Sort.FRESHNESS) == ["never-reported"]
    assert codes(unknown, Sort.DISTANCE, from_postcode=True) == ["distance-unknown", "never-reported"]


def test_both_languages_say_the_same_numbers() -> None:
    wait, distance, stale = because(Standing(1, 0, 45, OPEN, 12.0), Sort.WAIT, from_postcode=True)
    assert wait.text == "1 week of waiting: 1 to the intake, 0 more to the start of care."
    assert wait.text_nl == "1 week wachten: 1 tot de intake, daarna 0 tot de start van de zorg."
    assert (distance.text[:7], distance.text_nl[:7]) == ("12.0 km", "12,0 km")
    assert "45" in stale.text
    assert "45" in stale.text_nl


def test_an_unknown_wait_is_no_zero() -> None:
    assert Standing(None, 0, 1, OPEN, None).total_weeks is None
    assert Standing(0, 0, 1, OPEN, None).total_weeks == 0
    assert Standing(0, 0, None, None, None).stale is None
