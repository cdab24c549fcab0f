"""The image holds what the processes need and nothing else. It is not built here: no engine is at hand."""

import fnmatch
import json
import re
import shutil
import subprocess
import sys
import tomllib

from jeugdregio.services import SERVICES
from tests.contract.deployment.files import ROOT, image_environment, names, settings_of
from tests.contract.deployment.test_compose import PROCESSES

DOCKERFILE = (ROOT / "Dockerfile").read_text()
# Imports modules in a Python that has what is locked and nothing else.
_IMPORT = """
import importlib, importlib.abc, importlib.metadata, json, sys
locked, modules = json.loads(sys.argv[1])
of = importlib.metadata.packages_distributions()
class OnlyWhatIsLocked(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        given = {each.lower().replace("_", "-") for each in of.get(name.partition(".")[0], ())}
        if given and not given & {"jeugdregio", *locked}:
            raise ModuleNotFoundError(f"{name} is not in the image", name=name)
sys.meta_path.insert(0, OnlyWhatIsLocked())
for module in modules:
    importlib.import_module(module)
"""


def imported(modules: list[str], locked: list[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _IMPORT, json.dumps([locked, modules])]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_it_installs_all_that_its_processes_import() -> None:
    modules = [f"services.{service}.{part}" for service in SERVICES for part in ("app", "worker")]
    modules += ["jeugdregio.command", "jeugdregio.running", "jeugdregio.engine_room", "jeugdregio.operating"]
    locked = re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements/runtime.txt").read_text(), re.MULTILINE)
    done = imported(modules, locked)
    assert done.returncode == 0, done.stderr
    without = imported(modules, [name for name in locked if name != "asyncpg"])
    assert "asyncpg is not in the image" in without.stderr


def test_what_is_copied_is_here_and_is_not_ignored() -> None:
    ignored = [
        line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] not in "#!"
    ]
    let_in = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = [
        source.rstrip("/")
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert set(ignored) == {"*", "**/__pycache__"}
    assert {"shared", "services", "jeugdregio", "alembic.ini"} <= set(copied)
    for name in copied:
        assert (ROOT / name).exists()
        assert name in let_in or any(fnmatch.fnmatch(each, f"{name}/*") for each in let_in), name


def test_the_locked_python_runs_it_as_nobody_in_particular() -> None:
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(images) == {"python:3.11-slim"}
    assert project["requires-python"] == ">=3.11"
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
    assert 'ENTRYPOINT ["jeugdregio"]' in DOCKERFILE
    assert "jeugdregio" in project["scripts"]


def test_what_it_sets_is_a_setting() -> None:
    of_python = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
    common = set.intersection(*(names(settings_of(process)) for process in PROCESSES))
    assert image_environment().keys() - of_python - {"DATA_FOLDER"} <= common
    assert image_environment()["HOST"] == "0.0.0.0"  # noqa: S104 - inside a container


def test_installing_setuptools_takes_one_locked_package_with_its_hashes() -> None:
    (expression,) = re.findall(r"sed -n '(.*)' requirements", DOCKERFILE)
    done = subprocess.run(
        [shutil.which("sed") or "sed", "-n", expression, "requirements/development.txt"],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert lines[0].startswith("setuptools==")
    assert all(line.strip().startswith("--hash=sha256:") for line in lines[1:])
    assert len(lines) > 1
