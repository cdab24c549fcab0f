"""What things are called in a region: in the first one their real codes, in others codes that nobody has."""

from collections.abc import Sequence
from dataclasses import dataclass

from demo.region.published import CLIENTS, SUB_REGIONS
from demo.request import Body

_NAMES = {
    "0743": "Asten", "0762": "Deurne", "1771": "Geldrop-Mierlo", "1652": "Gemert-Bakel", "0794": "Helmond",
    "1659": "Laarbeek", "0820": "Nuenen", "0847": "Someren", "0848": "Son en Breugel", "0861": "Veldhoven",
    "0866": "Waalre",
}  # fmt: skip
_FIRST_MADE_UP = 2000
_AGBS_A_REGION = 1000
MOST_REGIONS = 90
_TEST_OIN = "00000099000000010010"


@dataclass(frozen=True, slots=True)
class Naming:
    """The names of one region; `region` 0 is the first."""

    region: int

    def municipality(self, code: str) -> str:
        """The code of a municipality, given the real one."""
        if self.region == 0:
            return code
        return str(_FIRST_MADE_UP + self.region * len(CLIENTS) + list(CLIENTS).index(code))

    def provider(self, agb: str) -> str:
        """The AGB code of a provider, given that in the first region."""
        return str(int(agb) + self.region * _AGBS_A_REGION)

    def of(self, line: Body) -> Body:
        """A line with the names of this region."""
        if self.region == 0:
            return line
        renamed = dict(line)
        for name in ("agb", "provider"):
            if name in line:
                renamed[name] = self.provider(line[name])
        if "municipality" in line:
            renamed["municipality"] = self.municipality(line["municipality"])
        if "team" in line:
            renamed["team"] = renamed["municipality"] + line["team"][4:]
        return renamed

    @staticmethod
    def region_file(regions: Sequence["Naming"]) -> str:
        """All regions as one region file."""
        name = "Een 10 voor de Jeugd" if len(regions) == 1 else f"{len(regions)} regio's"
        lines = [f'name = "{name}"', f'oin = "{_TEST_OIN}"', "horizon = 2030-12-31", ""]
        for each in regions:
            for code in CLIENTS:
                lines += ["[[municipalities]]", f'code = "{each.municipality(code)}"']
                lines += [f'name = "{_NAMES[code]}{each.suffix}"', ""]
        for each in regions:
            for sub_region, codes in SUB_REGIONS.items():
                held = ", ".join(f'"{each.municipality(code)}"' for code in codes)
                lines += ["[[sub_regions]]", f'name = "{sub_region}{each.suffix}"']
                lines += [f"municipalities = [{held}]", "from = 2015-01-01", ""]
        return "\n".join(lines)

    @property
    def suffix(self) -> str:
        """What is written behind a name."""
        return f" {self.region + 1}" if self.region else ""
