"""The boundaries between the parts hold, and the check of them can fail."""

import shutil
import subprocess
import sys
from collections import defaultdict
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("shared", "services", "jeugdregio", "demo", "client")
OPEN_TO_OTHER_NOUNS = {"domain", "queries", "commands"}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--config", ".importlinter", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def noun_of(module: str) -> tuple[str, ...] | None:
    """Give (service, noun) of a module inside a noun."""
    parts = module.split(".")
    return (
        tuple(parts[1:3])
        if parts[0] == "services" and len(parts) >= 4 and "migrations" not in parts
        else None
    )


def imports_between_nouns() -> list[tuple[str, str]]:
    graph = grimp.build_graph("services")
    found = []
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            one, other = noun_of(importer), noun_of(imported)
            if one and other and one != other:
                found.append((importer, imported))
    return found


def test_the_boundaries_hold() -> None:
    verdict = lint(ROOT)
    assert verdict.returncode == 0, verdict.stdout


def test_a_noun_uses_of_another_only_its_domain_queries_and_commands() -> None:
    crossing = imports_between_nouns()
    assert crossing, "no noun uses another: this test looks in the wrong place"
    wrong = [f"{one} -> {other}" for one, other in crossing if other.split(".")[3] not in OPEN_TO_OTHER_NOUNS]
    assert not wrong, "import the other noun's domain, queries or commands instead: " + "; ".join(wrong)


def test_nouns_do_not_use_each_other_in_circles() -> None:
    uses: defaultdict[tuple[str, ...] | None, set[tuple[str, ...] | None]] = defaultdict(set)
    for importer, imported in imports_between_nouns():
        uses[noun_of(importer)].add(noun_of(imported))
    order = list(TopologicalSorter(uses).static_order())
    assert len(order) >= len(uses)


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("services/referrals/indications/domain.py", "import services.contracts.products.domain"),
        ("shared/paging.py", "import services.referrals.app"),
        ("services/referrals/indications/queries.py", "import services.referrals.indications.routes"),
        ("services/referrals/indications/domain.py", "import fastapi"),
        ("services/referrals/app.py", "import jeugdregio.command"),
        ("services/referrals/indications/helpers.py", ""),
        ("client/api.py", "import shared.paging"),
        ("services/referrals/app.py", "import client.referrals"),
    ],
)
def test_a_wrong_import_turns_the_check_red(tmp_path: Path, file: str, line: str) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    target = tmp_path / file
    target.write_text((target.read_text() if target.exists() else "") + f"\n{line}\n")
    verdict = lint(tmp_path)
    assert verdict.returncode == 1
    assert "BROKEN" in verdict.stdout
