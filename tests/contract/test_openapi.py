"""Each service's OpenAPI document keeps the Dutch API Design Rules 2.2: by their own linter, and by Python always."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from jeugdregio.services import SERVICES
from tests.contract import spectral
from tests.contract.design_rules import RULES, Document, lint
from tests.contract.region import PUBLIC_URL, Region


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def document(empty_region: Region, service: str) -> Document:
    """Give the document as it is published: without a token, for pages of any origin."""
    answer = await empty_region.clients[service].get(f"/{service}/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    found: Document = answer.json()
    return found


def test_the_document_breaks_no_rule(document: Document) -> None:
    assert lint(document) == {}


def test_the_document_says_where_the_service_is(document: Document, service: str) -> None:
    assert document["servers"] == [{"url": f"{PUBLIC_URL}/{service}/v1"}]


async def test_the_published_document_is_the_one_that_python_gives(
    empty_region: Region, document: Document, service: str
) -> None:
    assert empty_region.apps[service].openapi() == document


# How a document can be spoiled, and which rule then speaks: a linter that finds nothing must be able to.
SPOILED: list[tuple[str, Callable[[Document], object]]] = [
    ("nlgov:openapi3", lambda d: d.update(openapi="2.0")),
    ("nlgov:paths-kebab-case", lambda d: d["paths"].update({"/someThings": {}})),
    ("nlgov:paths-no-trailing-slash", lambda d: d["paths"].update({"/things/": {}})),
    ("plural nouns", lambda d: d["paths"].update({"/thing": {}})),
    ("nlgov:missing-version-header", lambda d: _first(d)["responses"]["200"]["headers"].clear()),
    ("nlgov:info-contact-fields-exist", lambda d: d["info"]["contact"].pop("email")),
    ("nlgov:semver", lambda d: d["info"].update(version="1.0")),
    ("nlgov:servers-use-https", lambda d: d["servers"].append({"url": "http://api.region.example/x/v1"})),
    ("nlgov:servers-use-https", lambda d: d["servers"].append({"url": "https://api.region.example/x"})),
    ("nlgov:problem-invalid-input", lambda d: _first(d)["responses"].update({"422": _first(d)["responses"]["500"]})),
    ("nlgov:use-problem-schema", lambda d: _first(d)["responses"]["500"].update(content={})),
    ("operation-operationId-unique", lambda d: _first(d).update(operationId="")),
    ("openapi-tags-uniqueness", lambda d: d["tags"].append({"name": "more"})),
    ("texts for people", lambda d: _first(d).update(summary="")),
    ("references", lambda d: d["components"]["schemas"].update(Unused={"type": "string"})),
    ("security", lambda d: _first(d).update(security=[])),
    ("oas3-schema", lambda d: d["components"]["schemas"].update(Broken={"type": "thing"})),
]  # fmt: skip


def _first(document: Document) -> Document:
    found: Document = next(iter(next(iter(document["paths"].values())).values()))
    return found


@pytest.mark.parametrize("service", ["availability"], indirect=True)
@pytest.mark.parametrize(("rule", "spoil"), SPOILED)
def test_a_document_that_breaks_a_rule_is_found_out(
    document: Document, rule: str, spoil: Callable[[Document], object]
) -> None:
    spoiled = copy.deepcopy(document)
    spoil(spoiled)
    assert rule in lint(spoiled)


# --- the linter itself ---


def test_spectral_finds_no_error_but_in_a_document_that_has_some(
    empty_region: Region, tmp_path: Path
) -> None:
    documents = {service: copy.deepcopy(app.openapi()) for service, app in empty_region.apps.items()}
    documents["spoiled"] = copy.deepcopy(documents["referrals"])
    documents["spoiled"]["servers"] = [{"url": "http://api.region.example/referrals"}]
    files = {service: tmp_path / f"{service}.json" for service in documents}
    for service, file in files.items():
        file.write_text(json.dumps(documents[service]))
    found = spectral.lint(*files.values())
    spoiled = found.pop(files["spoiled"])
    assert {each.split()[0] for each in spoiled} == {
        "nlgov:servers-use-https",
        "nlgov:include-major-version-in-uri",
    }
    assert found == {files[service]: [] for service in SERVICES}


def test_the_rules_in_python_are_rules_of_the_linter() -> None:
    """Named as there, so that a rule that is taken out or renamed is noticed."""
    if not spectral.RULES.exists():
        pytest.skip(f"NOT RUN: {spectral.RULES.name} is not beside the project: names not compared")
    known: dict[str, Any] = yaml.safe_load(spectral.RULES.read_text())["rules"]
    ours = {name for name in RULES if name.startswith("nlgov:")}
    assert ours <= known.keys()
