"""Cursors: what comes back is what was given, and nothing else is taken for one."""

import pytest

from shared.paging import Page, decode, encode, typed
from shared.problems import InvalidInput

ROWS = [{"number": number} for number in range(4)]


def test_a_cursor_gives_its_key_back() -> None:
    assert decode(encode(["0794", 12])) == ("0794", 12)


@pytest.mark.parametrize("cursor", ["", "x", "====", "e30", "bnVsbA", "W10extra", "\u00e9"])
def test_what_is_no_cursor_is_refused_with_the_remedy(cursor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        decode(cursor)
    (error,) = refused.value.errors
    assert (error.parameter, error.message) == ("cursor", "Take the cursor from the `next` link of a page.")


@pytest.mark.parametrize("key", [(), ("0794",), ("0794", "12"), ("0794", True), (794, 12), ("0794", 12, 0)])
def test_the_cursor_of_another_list_is_refused(key: tuple[object, ...]) -> None:
    with pytest.raises(InvalidInput):
        typed(key, str, int)


@pytest.mark.parametrize("key", [("2023-04-01T00:00:00", 1), ("yesterday", "today")])
def test_moments_that_are_none_are_refused(key: tuple[object, ...]) -> None:
    with pytest.raises(InvalidInput):
        Page(2, key, "/x").moments()


def test_the_last_page_has_no_next_link_and_any_other_continues_after_its_last_row() -> None:
    page = Page(3, None, "/referrals/v1/indications?pageSize=3")
    assert page.next_link(ROWS[:3], lambda row: [row["number"]]) is None
    link = page.next_link(ROWS, lambda row: [row["number"]])
    assert link is not None
    address, _, cursor = link.rpartition("&cursor=")
    assert (address, decode(cursor)) == ("/referrals/v1/indications?pageSize=3", (2,))
