"""A valid request of every operation, about rows of the organisations in `callers`; each test spoils what it needs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.auth import Role
from shared.values.bsn import Bsn, InvalidBsnError
from tests.contract.callers import (
    IMPORTING,
    OTHER_MUNICIPALITY,
    OTHER_PROVIDER,
    OWN_MUNICIPALITY,
    OWN_OIN,
    OWN_PROVIDER,
)

Body = dict[str, Any]
Parameters = dict[str, str | int]
PRODUCT, UNKNOWN_PRODUCT = "43A09", "44Z99"
NUMBER, NUMBER_OF_OTHER_PROVIDER, NUMBER_TO_WITHDRAW, UNKNOWN_NUMBER = 1, 2, 3, 999
# Of numbers that no indication has: what is said of these waits; of UNKNOWN_NUMBER nobody ever says anything.
AWAITED_NUMBER, AWAITED_NUMBER_OF_OTHERS = 998, 997
CARE_FROM, CARE_FROM_TO_WITHDRAW = "2023-02-01", "2023-09-01"
REFERENCE, REFERENCE_TO_CREDIT, UNKNOWN_REFERENCE = "2023-01", "to.credit", "unknown_1"
VALID_FROM, VALID_FROM_TO_WITHDRAW, UNKNOWN_VALID_FROM = "2023-01-01", "2031-01-01", "2029-09-09"
DECIDED_AT = "2022-12-01T09:00:00Z"


@dataclass(frozen=True)
class Sample:
    """A request: `service`, `method` and the route's template, with what fills it."""

    service: str
    method: str
    template: str
    parameters: Mapping[str, str | int] = field(default_factory=dict)
    query: Mapping[str, str | int] = field(default_factory=dict)
    body: Body | None = None
    file: str | None = None
    """In the place of a body: lines of JSON."""
    instead: Mapping[Role, Mapping[str, str]] = field(default_factory=dict)
    """What another role says in the place of some of the texts above, where the same would not be its own."""

    @property
    def path(self) -> str:
        return f"/{self.service}/v1" + self.template.format_map(self.parameters)

    def by(self, role: Role) -> "Sample":
        """Give the request as this role makes it."""
        own = self.instead.get(role, {})
        parameters, query = (
            {name: own.get(str(value), value) for name, value in values.items()}
            for values in (self.parameters, self.query)
        )
        return replace(self, parameters=parameters, query=query, file=own.get(self.file or "", self.file))

    def about(self, **parameters: str | int) -> "Sample":
        """Give the same request with other path parameters, those that the path has."""
        known = {name: value for name, value in parameters.items() if name in self.parameters}
        return replace(self, parameters={**self.parameters, **known})

    def asking(self, **query: str | int) -> "Sample":
        return replace(self, query={**self.query, **query})

    def sending(self, body: Body) -> "Sample":
        return replace(self, body=body)


def citizen_number(ordinal: int) -> str:
    """Give one of the official test numbers that pass the 11-test."""
    return _CITIZEN_NUMBERS[ordinal]


def _passes(number: str) -> bool:
    try:
        Bsn(number)
    except InvalidBsnError:
        return False
    return True


_CITIZEN_NUMBERS = [str(number) for number in range(999_990_000, 999_990_900) if _passes(str(number))]


def indication(bsn: str, provider: str = OWN_PROVIDER, **changed: object) -> Body:
    """Give the body of an indication; None takes a field out."""
    body = {
        "bsn": bsn,
        "birthYear": 2011,
        "product": PRODUCT,
        "provider": provider,
        "decidedAt": DECIDED_AT,
        "sentAt": DECIDED_AT,
        "from": VALID_FROM,
        "to": "2023-12-31",
        "volume": 7,
        "unit": "14",
        "frequency": "2",
        "agreedTariffCents": 100,
        "referrer": {"type": "02", "code": "98900901"},
        "team": "noord-1",
        "school": "12AB00",
        "postcode4": "5701",
        "explanatoryAnalysis": {"doneOn": "2022-11-20"},
        "administrativeReason": "Contract test",
    } | changed
    return {name: value for name, value in body.items() if value is not None}


def product(**changed: object) -> Body:
    """Give the body of a product."""
    return {
        "category": "43",
        "segment": 2,
        "residential": True,
        "family": True,
        "housing": False,
        "unit": "14",
        "nameNl": "Pleegzorg",
        "nameEn": "Foster care",
        "from": VALID_FROM,
        "to": "2035-12-31",
        "minimumAge": 0,
        "maximumAge": 23,
        "tariffs": [
            {"from": VALID_FROM, "to": "2023-12-31", "cents": 4000},
            {"from": "2024-01-01", "cents": 4100},
        ],
    } | changed


def location(**changed: object) -> Body:
    return {
        "code": "main",
        "name": "Main building",
        "postcode": "5701 AB",
        "latitude": 51.5,
        "longitude": 5.6,
    } | changed


def provider(**changed: object) -> Body:
    """Give the body of a provider."""
    return {"name": "Care", "locations": [location(), location(code="second")]} | changed


def indication_of(municipality: str, number: int) -> Body:
    """Give the indication that stands under a number: text and tariff are found in no other's rows."""
    provider = OTHER_PROVIDER if number == NUMBER_OF_OTHER_PROVIDER else OWN_PROVIDER
    place = (OWN_MUNICIPALITY, OTHER_MUNICIPALITY).index(municipality)
    return indication(
        citizen_number(place * 10 + number),
        provider,
        team=f"canary-{municipality}-{number}",
        administrativeReason=f"canary {municipality} {provider} {number}",
        agreedTariffCents=int(f"77{number}{municipality}"),
    )


def provider_of(agb: str) -> Body:
    return provider(name=f"canary {agb}")


def agreement_of(agb: str) -> Body:
    return {
        "to": "2024-12-31",
        "tariffCents": int(f"88{agb}"),
        "municipalities": [OTHER_MUNICIPALITY, OWN_MUNICIPALITY],
    }


def delivery_of(organisation: str) -> str:
    """Give the id of the delivery that an organisation has."""
    return f"0190a5b0-0000-7000-8000-{organisation[-12:]:0>12}"


def claim_of(municipality: str, number: int) -> Body:
    """Give the claim under a number; its cents are found in no other's rows."""
    return {
        "municipality": municipality,
        "assignmentNumber": number,
        "from": VALID_FROM,
        "to": "2023-01-15",
        "cents": int(f"66{number}{municipality}"),
    }


def waiting_time_of(agb: str) -> Body:
    return {
        "provider": agb,
        "location": "main",
        "product": PRODUCT,
        "referenceDate": "2023-04-01",
        "intakeWeeks": 2,
        "startWeeks": 4,
        "places": 3,
        "admission": "limited",
        "reason": f"canary wait {agb}",
        "until": "2023-06-30",
    }


def accounts_of(municipality: str) -> Body:
    """Give the accounts of a municipality; source and cents are found in no other's rows."""
    return {
        "statedOn": "2024-06-30",
        "source": f"canary accounts {municipality}",
        "cents": int(f"555{municipality}"),
    }


CONTEXT_FIGURE: Body = {"statedOn": "2023-05-01", "source": "Contract test", "amount": 20000}

_ACCOUNTS: Parameters = {"municipality": OWN_MUNICIPALITY, "year": 2023}
_ONE_ACCOUNTS = "/accounts/{municipality}/{year}"
_CONTEXT: Parameters = {"name": "young-inhabitants", "area": "region", "referenceDate": VALID_FROM}
_ONE_CONTEXT = "/context-figures/{name}/{area}/{referenceDate}"
_INDICATION: Parameters = {"municipality": OWN_MUNICIPALITY, "assignmentNumber": NUMBER}
_AGREEMENT: Parameters = {"provider": OWN_PROVIDER, "product": PRODUCT, "from": VALID_FROM}
_CARE: Parameters = {**_INDICATION, "from": CARE_FROM}
_ONE_CARE_PERIOD = "/care-periods/{municipality}/{assignmentNumber}/{from}"
_DELIVERY: Parameters = {"delivery": delivery_of(OWN_MUNICIPALITY)}
_DELIVERY_OF_PROVIDER: Parameters = {"delivery": delivery_of(OWN_PROVIDER)}
_OF_PROVIDER = {Role.PROVIDER: {delivery_of(OWN_MUNICIPALITY): delivery_of(OWN_PROVIDER)}}
_OF_MANAGER = {Role.CONTRACT_MANAGER: {delivery_of(OWN_PROVIDER): delivery_of(OWN_OIN)}}
_CLAIM: Parameters = {"provider": OWN_PROVIDER, "reference": REFERENCE}
_ONE_CLAIM = "/claims/{provider}/{reference}"
_ONE_INDICATION = "/indications/{municipality}/{assignmentNumber}"
_ONE_AGREEMENT = "/agreements/{provider}/{product}/{from}"
WITHDRAWAL = {
    "decidedAt": "2023-02-01T09:00:00Z",
    "sentAt": "2023-02-01T09:00:00Z",
    "reason": "Contract test",
}
CARE: Body = {"sentAt": "2023-07-03T09:00:00Z", "to": "2023-06-30", "reasonOfEnding": "31"}
CARE_START: Body = {"sentAt": "2023-02-02T09:00:00Z"}
SEARCH: Body = {
    "clientId": "6f1e1d52-6f0c-4f0e-9a51-0d9a4d7f2a11",
    "product": PRODUCT,
    "provider": OWN_PROVIDER,
    "validOn": VALID_FROM,
    "withdrawn": False,
    "pageSize": 10,
}

_INDICATION_LINE = json.dumps({"assignmentNumber": 1, **indication(citizen_number(1))})
_CARE_LINE = json.dumps({**_CARE, **CARE_START})
_CLAIM_LINE = json.dumps({"reference": REFERENCE, **claim_of(OWN_MUNICIPALITY, NUMBER)})
_PRODUCT_LINE = json.dumps({"code": PRODUCT, **product()})

# By service and operationId. What a test sends is valid and changes nothing when it is sent again.
SAMPLES: dict[str, Sample] = {
    "referrals.recordIndication": Sample(
        "referrals", "PUT", _ONE_INDICATION, _INDICATION, body=indication_of(OWN_MUNICIPALITY, NUMBER)
    ),
    "referrals.withdrawIndication": Sample(
        "referrals",
        "POST",
        f"{_ONE_INDICATION}/withdrawals",
        {**_INDICATION, "assignmentNumber": NUMBER_TO_WITHDRAW},
        body=WITHDRAWAL,
    ),
    "referrals.indication": Sample("referrals", "GET", _ONE_INDICATION, _INDICATION),
    "referrals.indicationHistory": Sample("referrals", "GET", f"{_ONE_INDICATION}/history", _INDICATION),
    "referrals.indications": Sample("referrals", "GET", "/indications"),
    "referrals.searchIndications": Sample("referrals", "POST", "/indications/_search", body={"pageSize": 1}),
    "referrals.recordCarePeriod": Sample("referrals", "PUT", _ONE_CARE_PERIOD, _CARE, body=CARE),
    "referrals.withdrawCarePeriod": Sample(
        "referrals",
        "POST",
        f"{_ONE_CARE_PERIOD}/withdrawals",
        {**_CARE, "from": CARE_FROM_TO_WITHDRAW},
        body={"sentAt": "2023-09-05T09:00:00Z", "reason": "Contract test"},
    ),
    "referrals.carePeriod": Sample("referrals", "GET", _ONE_CARE_PERIOD, _CARE),
    "referrals.carePeriodHistory": Sample("referrals", "GET", f"{_ONE_CARE_PERIOD}/history", _CARE),
    "referrals.carePeriods": Sample("referrals", "GET", "/care-periods"),
    "referrals.deliver": Sample(
        "referrals",
        "POST",
        "/deliveries",
        query={"kind": "indications", "dryRun": "true"},
        file=_INDICATION_LINE,
        instead={Role.PROVIDER: {"indications": "care-periods", _INDICATION_LINE: _CARE_LINE}},
    ),
    "referrals.deliveries": Sample("referrals", "GET", "/deliveries"),
    "referrals.delivery": Sample(
        "referrals", "GET", "/deliveries/{delivery}", _DELIVERY, instead=_OF_PROVIDER
    ),
    "referrals.deliveryRefusals": Sample(
        "referrals", "GET", "/deliveries/{delivery}/refusals", _DELIVERY, instead=_OF_PROVIDER
    ),
    "referrals.deliveryMissing": Sample(
        "referrals", "GET", "/deliveries/{delivery}/missing", _DELIVERY, instead=_OF_PROVIDER
    ),
    "referrals.importWindows": Sample("referrals", "GET", "/import-windows"),
    "referrals.openImportWindow": Sample(
        "referrals",
        "PUT",
        "/import-windows/{organisation}",
        {"organisation": OWN_MUNICIPALITY},
        body={"reason": f"canary window {OWN_MUNICIPALITY}"},
    ),
    "referrals.closeImportWindow": Sample(
        "referrals", "DELETE", "/import-windows/{organisation}", {"organisation": IMPORTING}
    ),
    "referrals.events": Sample("referrals", "GET", "/events"),
    "contracts.putProduct": Sample("contracts", "PUT", "/products/{code}", {"code": PRODUCT}, body=product()),
    "contracts.product": Sample("contracts", "GET", "/products/{code}", {"code": PRODUCT}),
    "contracts.productHistory": Sample("contracts", "GET", "/products/{code}/history", {"code": PRODUCT}),
    "contracts.products": Sample("contracts", "GET", "/products"),
    "contracts.putProvider": Sample(
        "contracts", "PUT", "/providers/{agb}", {"agb": OWN_PROVIDER}, body=provider_of(OWN_PROVIDER)
    ),
    "contracts.provider": Sample("contracts", "GET", "/providers/{agb}", {"agb": OWN_PROVIDER}),
    "contracts.providerHistory": Sample(
        "contracts", "GET", "/providers/{agb}/history", {"agb": OWN_PROVIDER}
    ),
    "contracts.providers": Sample("contracts", "GET", "/providers"),
    "contracts.putAgreement": Sample(
        "contracts", "PUT", _ONE_AGREEMENT, _AGREEMENT, body=agreement_of(OWN_PROVIDER)
    ),
    "contracts.withdrawAgreement": Sample(
        "contracts", "POST", f"{_ONE_AGREEMENT}/withdrawals", {**_AGREEMENT, "from": VALID_FROM_TO_WITHDRAW}
    ),
    "contracts.agreement": Sample("contracts", "GET", _ONE_AGREEMENT, _AGREEMENT),
    "contracts.agreementHistory": Sample("contracts", "GET", f"{_ONE_AGREEMENT}/history", _AGREEMENT),
    "contracts.agreements": Sample("contracts", "GET", "/agreements"),
    "contracts.putClaim": Sample(
        "contracts", "PUT", _ONE_CLAIM, _CLAIM, body=claim_of(OWN_MUNICIPALITY, NUMBER)
    ),
    "contracts.creditClaim": Sample(
        "contracts", "POST", f"{_ONE_CLAIM}/credits", {**_CLAIM, "reference": REFERENCE_TO_CREDIT}
    ),
    "contracts.claim": Sample("contracts", "GET", _ONE_CLAIM, _CLAIM),
    "contracts.claimHistory": Sample("contracts", "GET", f"{_ONE_CLAIM}/history", _CLAIM),
    "contracts.claims": Sample("contracts", "GET", "/claims"),
    "contracts.deliver": Sample(
        "contracts",
        "POST",
        "/deliveries",
        query={"kind": "claims", "dryRun": "true"},
        file=_CLAIM_LINE,
        instead={Role.CONTRACT_MANAGER: {"claims": "products", _CLAIM_LINE: _PRODUCT_LINE}},
    ),
    "contracts.deliveries": Sample("contracts", "GET", "/deliveries"),
    "contracts.delivery": Sample(
        "contracts", "GET", "/deliveries/{delivery}", _DELIVERY_OF_PROVIDER, instead=_OF_MANAGER
    ),
    "contracts.deliveryRefusals": Sample(
        "contracts", "GET", "/deliveries/{delivery}/refusals", _DELIVERY_OF_PROVIDER, instead=_OF_MANAGER
    ),
    "contracts.deliveryMissing": Sample(
        "contracts", "GET", "/deliveries/{delivery}/missing", _DELIVERY_OF_PROVIDER, instead=_OF_MANAGER
    ),
    "contracts.importWindows": Sample("contracts", "GET", "/import-windows"),
    "contracts.openImportWindow": Sample(
        "contracts",
        "PUT",
        "/import-windows/{organisation}",
        {"organisation": OWN_MUNICIPALITY},
        body={"reason": f"canary window {OWN_MUNICIPALITY}"},
    ),
    "contracts.closeImportWindow": Sample(
        "contracts", "DELETE", "/import-windows/{organisation}", {"organisation": IMPORTING}
    ),
    "contracts.events": Sample("contracts", "GET", "/events"),
    "availability.offers": Sample("availability", "GET", "/offers", query={"on": "2023-04-01"}),
    "availability.reportWaitingTimes": Sample(
        "availability", "POST", "/waiting-times", body={"reports": [waiting_time_of(OWN_PROVIDER)]}
    ),
    "availability.waitingTimes": Sample("availability", "GET", "/waiting-times"),
    "availability.waitingTimeHistory": Sample(
        "availability",
        "GET",
        "/waiting-times/{provider}/{location}/{product}/history",
        {"provider": OWN_PROVIDER, "location": "main", "product": PRODUCT},
    ),
    "availability.deliver": Sample(
        "availability",
        "POST",
        "/deliveries",
        query={"kind": "waiting-times", "dryRun": "true"},
        file=json.dumps(waiting_time_of(OWN_PROVIDER)),
    ),
    "availability.deliveries": Sample("availability", "GET", "/deliveries"),
    "availability.delivery": Sample("availability", "GET", "/deliveries/{delivery}", _DELIVERY_OF_PROVIDER),
    "availability.deliveryRefusals": Sample(
        "availability", "GET", "/deliveries/{delivery}/refusals", _DELIVERY_OF_PROVIDER
    ),
    "availability.deliveryMissing": Sample(
        "availability", "GET", "/deliveries/{delivery}/missing", _DELIVERY_OF_PROVIDER
    ),
    "availability.importWindows": Sample("availability", "GET", "/import-windows"),
    "availability.openImportWindow": Sample(
        "availability",
        "PUT",
        "/import-windows/{organisation}",
        {"organisation": OWN_MUNICIPALITY},
        body={"reason": f"canary window {OWN_MUNICIPALITY}"},
    ),
    "availability.closeImportWindow": Sample(
        "availability", "DELETE", "/import-windows/{organisation}", {"organisation": IMPORTING}
    ),
    "availability.events": Sample("availability", "GET", "/events"),
    "monitoring.putAccounts": Sample(
        "monitoring", "PUT", _ONE_ACCOUNTS, _ACCOUNTS, body=accounts_of(OWN_MUNICIPALITY)
    ),
    "monitoring.accountsOfYear": Sample("monitoring", "GET", _ONE_ACCOUNTS, _ACCOUNTS),
    "monitoring.accountsHistory": Sample("monitoring", "GET", f"{_ONE_ACCOUNTS}/history", _ACCOUNTS),
    "monitoring.accounts": Sample("monitoring", "GET", "/accounts"),
    "monitoring.putContextFigure": Sample("monitoring", "PUT", _ONE_CONTEXT, _CONTEXT, body=CONTEXT_FIGURE),
    "monitoring.contextFigure": Sample("monitoring", "GET", _ONE_CONTEXT, _CONTEXT),
    "monitoring.contextFigureHistory": Sample("monitoring", "GET", f"{_ONE_CONTEXT}/history", _CONTEXT),
    "monitoring.contextFigures": Sample("monitoring", "GET", "/context-figures"),
    "monitoring.figures": Sample("monitoring", "GET", "/figures"),
    "monitoring.figure": Sample(
        "monitoring", "GET", "/figures/{figure}", {"figure": "unique-clients"}, query={"from": "2023-04"}
    ),
}
