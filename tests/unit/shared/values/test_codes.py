"""The code lists against the national ones, where those stand beside the project."""

import re
from enum import StrEnum
from pathlib import Path

import pytest

from shared.values.codes import Frequency, ProductCategory, ReasonOfEnding, ReferrerType, Unit

LISTS = Path(__file__).parents[5] / "shared" / "standards" / "ijw-3.2-codelists"


@pytest.mark.parametrize(
    ("codes", "file"),
    [
        (ProductCategory, "JZ020_Productcategorie"),
        (Unit, "WJ756_Eenheid.md"),
        (Frequency, "WMO757_Frequentie.md"),
        (ReferrerType, "COD327_Code_verwijzer.md"),
        (ReasonOfEnding, "JZ588_Reden_beeindiging.md"),
    ],
)
def test_a_code_list_holds_the_national_codes(codes: type[StrEnum], file: str) -> None:
    if not LISTS.exists():
        pytest.skip(f"the national code lists are not beside the project: {file} not compared")
    national = re.findall(r"^\| ([0-9]{1,2}) +\|", (LISTS / file).read_text(encoding="utf-8"), re.MULTILINE)
    assert {code.value for code in codes} - {"RvdK"} == set(national)


def test_the_child_protection_board_is_the_regions_own_code() -> None:
    assert [code for code in ReferrerType if not code.is_national] == [ReferrerType.CHILD_PROTECTION_BOARD]


def test_no_referrer_is_a_code_of_its_own_and_not_unknown() -> None:
    assert ReferrerType("06") is ReferrerType.NONE
