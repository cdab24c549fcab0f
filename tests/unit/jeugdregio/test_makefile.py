"""`make` on a machine that has little."""

import shutil
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[3]
_PROGRAMS = ("make", "sh", "awk")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Give a copy of the Makefile beside a folder of the only programs that can be found."""
    shutil.copy(_ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "development.txt").touch()
    (tmp_path / "bin").mkdir()
    for name in _PROGRAMS:
        found = shutil.which(name)
        assert found, f"{name} is needed for this test"
        (tmp_path / "bin" / name).symlink_to(found)
    return tmp_path


def _make(folder: Path, target: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [folder / "bin" / "make", "-C", folder, target],
        env={"PATH": str(folder / "bin")}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_an_old_python_is_said_in_one_line(bare: Path) -> None:
    old = bare / "bin" / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = _make(bare, ".venv/lock-installed")
    assert done.returncode != 0
    assert "Python 3.11 or newer with venv is needed" in done.stderr.splitlines()[0]


def test_help_names_every_target(bare: Path) -> None:
    done = _make(bare, "help")
    assert {line.split()[1] for line in done.stdout.splitlines() if line.startswith("  make")} == {
        "help", "up", "test", "lint", "bench", "client", "lock",
    }  # fmt: skip


def test_ci_runs_make_test_and_nothing_else() -> None:
    script = (_ROOT / ".ci" / "run").read_text().splitlines()
    commands = [line for line in script if line and not line.startswith(("#", "set ", "cd "))]
    assert commands == ["exec make test"]
