"""The typed client is the one that the code would give, and has every operation."""

from importlib import import_module
from pathlib import Path

import pytest

from client.generate import SERVICES, UnknownShapeError, _annotation, document, module
from jeugdregio import services

FOLDER = Path(__file__).parents[2] / "client"


def test_there_is_a_client_of_every_service() -> None:
    assert SERVICES == services.SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_the_committed_client_is_the_generated_one(service: str) -> None:
    committed = (FOLDER / f"{service}.py").read_text(encoding="utf-8")
    assert committed == module(service), "run `make client` and commit what it wrote"


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_a_method(service: str) -> None:
    methods = vars(getattr(import_module(f"client.{service}"), service.capitalize()))
    operations = [each for path in document(service)["paths"].values() for each in path.values()]
    written = [name.replace("_", "") for name in methods if not name.startswith("_")]
    assert sorted(written) == sorted(each["operationId"].lower() for each in operations)


def test_what_has_no_type_here_is_said_and_not_guessed() -> None:
    with pytest.raises(UnknownShapeError, match="not"):
        _annotation({"not": {"type": "string"}})
