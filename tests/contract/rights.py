"""Who may do what with whose rows: the table of architecture section 6, by hand, operation by operation.

Nothing here is computed from the routes: a route and this table must be changed by two decisions, not by one.
"""

from enum import Enum

from shared.auth import Role


class Others(Enum):
    """What a role that may use an operation gets of rows that are another organisation's."""

    FOREIGN = "the path names another organisation of its own kind: 403 before any look-up"
    HIDDEN = "the same 404 as for what is not there"
    LEFT_OUT = "an answer without them"
    AWAITED = "the same 404; but a number that nobody has yet is kept as waiting"
    SHARED = "the rows are nobody's own: all of this role get the same"


MUNICIPALITY, PROVIDER, REFERRER = Role.MUNICIPALITY, Role.PROVIDER, Role.REFERRER
CONTRACT_MANAGER, ANALYST, OPERATOR = Role.CONTRACT_MANAGER, Role.ANALYST, Role.OPERATOR
FOREIGN, HIDDEN, LEFT_OUT, AWAITED, SHARED = Others

# The peer has no HTTP operation yet: it stands nowhere.
RIGHTS: dict[str, dict[Role, Others]] = {
    # A municipality: its own indications. A provider: those assigned to it, to read.
    "referrals.recordIndication": {MUNICIPALITY: FOREIGN},
    "referrals.withdrawIndication": {MUNICIPALITY: FOREIGN},
    "referrals.indication": {MUNICIPALITY: FOREIGN, PROVIDER: HIDDEN},
    # What a municipality decided, and then otherwise, is its own matter.
    "referrals.indicationHistory": {MUNICIPALITY: FOREIGN},
    "referrals.indications": {MUNICIPALITY: LEFT_OUT, PROVIDER: LEFT_OUT},
    "referrals.searchIndications": {MUNICIPALITY: LEFT_OUT, PROVIDER: LEFT_OUT},
    # Care: a provider says what it does under numbers of its own; the municipality of the number reads it.
    "referrals.recordCarePeriod": {PROVIDER: AWAITED},
    "referrals.withdrawCarePeriod": {PROVIDER: HIDDEN},
    "referrals.carePeriod": {MUNICIPALITY: FOREIGN, PROVIDER: HIDDEN},
    "referrals.carePeriodHistory": {MUNICIPALITY: FOREIGN, PROVIDER: HIDDEN},
    "referrals.carePeriods": {MUNICIPALITY: LEFT_OUT, PROVIDER: LEFT_OUT},
    # Each delivers its own, a municipality indications and a provider care, and follows what it delivered; an operator sees
    # how far all deliveries are.
    "referrals.deliver": {MUNICIPALITY: LEFT_OUT, PROVIDER: LEFT_OUT},
    "referrals.deliveries": {MUNICIPALITY: LEFT_OUT, PROVIDER: LEFT_OUT, OPERATOR: SHARED},
    "referrals.delivery": {MUNICIPALITY: HIDDEN, PROVIDER: HIDDEN, OPERATOR: SHARED},
    "referrals.deliveryRefusals": {MUNICIPALITY: HIDDEN, PROVIDER: HIDDEN},
    "referrals.deliveryMissing": {MUNICIPALITY: HIDDEN, PROVIDER: HIDDEN},
    "referrals.importWindows": {OPERATOR: SHARED},
    "referrals.openImportWindow": {OPERATOR: SHARED},
    "referrals.closeImportWindow": {OPERATOR: SHARED},
    "referrals.events": {MUNICIPALITY: LEFT_OUT, PROVIDER: LEFT_OUT},
    # Contract managers keep all of it. The catalogue is public knowledge among providers; of providers and
    # agreements each reads its own.
    "contracts.putProduct": {CONTRACT_MANAGER: SHARED},
    "contracts.product": {CONTRACT_MANAGER: SHARED, PROVIDER: SHARED},
    "contracts.productHistory": {CONTRACT_MANAGER: SHARED, PROVIDER: SHARED},
    "contracts.products": {CONTRACT_MANAGER: SHARED, PROVIDER: SHARED},
    "contracts.putProvider": {CONTRACT_MANAGER: SHARED},
    "contracts.provider": {CONTRACT_MANAGER: SHARED, PROVIDER: FOREIGN},
    "contracts.providerHistory": {CONTRACT_MANAGER: SHARED, PROVIDER: FOREIGN},
    "contracts.providers": {CONTRACT_MANAGER: SHARED, PROVIDER: LEFT_OUT},
    "contracts.putAgreement": {CONTRACT_MANAGER: SHARED},
    "contracts.withdrawAgreement": {CONTRACT_MANAGER: SHARED},
    "contracts.agreement": {CONTRACT_MANAGER: SHARED, PROVIDER: FOREIGN},
    "contracts.agreementHistory": {CONTRACT_MANAGER: SHARED, PROVIDER: FOREIGN},
    "contracts.agreements": {CONTRACT_MANAGER: SHARED, PROVIDER: LEFT_OUT},
    # A provider claims in its own name; contract managers read all claims, a municipality those under its numbers.
    "contracts.putClaim": {PROVIDER: FOREIGN},
    "contracts.creditClaim": {PROVIDER: FOREIGN},
    "contracts.claim": {PROVIDER: FOREIGN, CONTRACT_MANAGER: SHARED, MUNICIPALITY: HIDDEN},
    "contracts.claimHistory": {PROVIDER: FOREIGN, CONTRACT_MANAGER: SHARED, MUNICIPALITY: HIDDEN},
    "contracts.claims": {PROVIDER: LEFT_OUT, CONTRACT_MANAGER: SHARED, MUNICIPALITY: LEFT_OUT},
    # Who delivers, provider or contract manager, follows its own deliveries.
    "contracts.deliver": {PROVIDER: LEFT_OUT, CONTRACT_MANAGER: LEFT_OUT},
    "contracts.deliveries": {PROVIDER: LEFT_OUT, CONTRACT_MANAGER: LEFT_OUT, OPERATOR: SHARED},
    "contracts.delivery": {PROVIDER: HIDDEN, CONTRACT_MANAGER: HIDDEN, OPERATOR: SHARED},
    "contracts.deliveryRefusals": {PROVIDER: HIDDEN, CONTRACT_MANAGER: HIDDEN},
    "contracts.deliveryMissing": {PROVIDER: HIDDEN, CONTRACT_MANAGER: HIDDEN},
    "contracts.importWindows": {OPERATOR: SHARED},
    "contracts.openImportWindow": {OPERATOR: SHARED},
    "contracts.closeImportWindow": {OPERATOR: SHARED},
    # A municipality gets the values of its own indications here and the claims under them, and nothing else.
    "contracts.events": {CONTRACT_MANAGER: SHARED, PROVIDER: LEFT_OUT, MUNICIPALITY: LEFT_OUT},
    "availability.offers": {REFERRER: SHARED, CONTRACT_MANAGER: SHARED},
    # A provider reports its own; whose a report is, is said in each of them.
    "availability.reportWaitingTimes": {PROVIDER: LEFT_OUT},
    "availability.waitingTimes": {CONTRACT_MANAGER: SHARED, PROVIDER: LEFT_OUT},
    "availability.waitingTimeHistory": {CONTRACT_MANAGER: SHARED, PROVIDER: FOREIGN},
    "availability.deliver": {PROVIDER: LEFT_OUT},
    "availability.deliveries": {PROVIDER: LEFT_OUT, OPERATOR: SHARED},
    "availability.delivery": {PROVIDER: HIDDEN, OPERATOR: SHARED},
    "availability.deliveryRefusals": {PROVIDER: HIDDEN},
    "availability.deliveryMissing": {PROVIDER: HIDDEN},
    "availability.importWindows": {OPERATOR: SHARED},
    "availability.openImportWindow": {OPERATOR: SHARED},
    "availability.closeImportWindow": {OPERATOR: SHARED},
    "availability.events": {CONTRACT_MANAGER: SHARED, PROVIDER: LEFT_OUT},
    "monitoring.figures": {
        MUNICIPALITY: SHARED,
        PROVIDER: SHARED,
        CONTRACT_MANAGER: SHARED,
        ANALYST: SHARED,
    },
    # A municipality puts its own accounts; analysts keep what is the region's, which all who read figures of places read.
    "monitoring.putAccounts": {MUNICIPALITY: FOREIGN},
    "monitoring.accountsOfYear": {MUNICIPALITY: FOREIGN, CONTRACT_MANAGER: SHARED, ANALYST: SHARED},
    "monitoring.accountsHistory": {MUNICIPALITY: FOREIGN, CONTRACT_MANAGER: SHARED, ANALYST: SHARED},
    "monitoring.accounts": {MUNICIPALITY: LEFT_OUT, CONTRACT_MANAGER: SHARED, ANALYST: SHARED},
    "monitoring.putContextFigure": {ANALYST: SHARED},
    **{
        f"monitoring.{operation}": {MUNICIPALITY: SHARED, CONTRACT_MANAGER: SHARED, ANALYST: SHARED}
        for operation in ("contextFigure", "contextFigureHistory", "contextFigures")
    },
    # A municipality also gets the region's totals: test_figures_for_whom.py.
    "monitoring.figure": {
        MUNICIPALITY: LEFT_OUT,
        PROVIDER: LEFT_OUT,
        CONTRACT_MANAGER: SHARED,
        ANALYST: SHARED,
    },
}
