from datetime import date
from pathlib import Path

import pytest

from shared.values.region import MunicipalityNotInRegionError, RegionFileError, load_region

OWN = Path(__file__).parents[4] / "region.toml"
HEAD = """
name = "Somewhere"
oin = "00000099000000010010"
horizon = 2030-12-31
municipalities = [{code = "0001", name = "Here"}, {code = "0002", name = "There"}]
"""
MOVE = """
sub_regions = [
    {name = "North", municipalities = ["0001", "0002"], from = 2020-01-01, to = 2022-12-31},
    {name = "North", municipalities = ["0001"], from = 2023-01-01},
    {name = "South", municipalities = ["0002"], from = 2024-01-01},
]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "region.toml"


def test_the_own_region_has_its_municipalities_and_sub_regions() -> None:
    region = load_region(OWN)
    assert len(region.names) == 11
    assert region.names["0794"] == "Helmond"
    assert region.horizon == date(2030, 12, 31)
    assert {region.sub_region_on(code, date(2023, 4, 1)) for code in region.names} == {
        "Dommelvallei+",
        "Helmond",
        "Peelgemeenten",
        "Veldhoven",
    }


def test_a_municipality_outside_the_region_is_refused_with_what_to_do() -> None:
    region = load_region(OWN)
    assert region.require("0794") == "0794"
    assert "0363" not in region
    with pytest.raises(MunicipalityNotInRegionError, match="0363 is not in this region"):
        region.require("0363")
    with pytest.raises(MunicipalityNotInRegionError):
        region.sub_region_changes("0363")


def test_sub_regions_change_on_dates(file: Path) -> None:
    file.write_text(HEAD + MOVE, encoding="utf-8")
    region = load_region(file)
    assert region.sub_region_changes("0001") == ((date.min, None), (date(2020, 1, 1), "North"))
    assert region.sub_region_changes("0002") == (
        (date.min, None),
        (date(2020, 1, 1), "North"),
        (date(2023, 1, 1), None),
        (date(2024, 1, 1), "South"),
    )
    assert region.sub_region_on("0002", date(2022, 12, 31)) == "North"
    assert region.sub_region_on("0002", date(2023, 1, 1)) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name = ", "is not TOML"),
        (HEAD.replace("2030-12-31", '"soon"'), "horizon"),
        (HEAD.replace('"00000099000000010010"', '"99"'), "oin: An OIN is 20 digits"),
        (HEAD.replace("0002", "0001"), "listed twice"),
        (HEAD.replace('"0002"', '"2"'), "CBS code"),
        (HEAD + MOVE.replace("0002", "0003"), "names 0003, which is not among"),
        (HEAD + MOVE.replace("2023-01-01", "2022-06-01"), "0001 is in North and in North"),
        (HEAD + MOVE.replace("2022-12-31", "2019-12-31"), "ends before it starts"),
        (HEAD + "colour = 1", "colour"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place_in_it(file: Path, content: str, message: str) -> None:
    file.write_text(content, encoding="utf-8")
    with pytest.raises(RegionFileError, match=message) as caught:
        load_region(file)
    assert str(file) in str(caught.value)


def test_a_missing_file_is_named(file: Path) -> None:
    with pytest.raises(RegionFileError, match=r"REGION_FILE"):
        load_region(file)
