"""Annual accounts on the wire."""

from typing import Annotated

from pydantic import BaseModel, Field

from services.monitoring.accounts.domain import Accounts, violations
from services.monitoring.stated.domain import RESPONSE, Judged, Kept, StatedBody, today
from shared.problems import InvalidInput
from shared.values.identifiers import MunicipalityCode
from shared.values.money import Cents

Year = Annotated[int, Field(ge=2015, le=2199, description="Of the Youth Act: from 2015 on", examples=[2023])]


class AccountsBody(StatedBody):
    """What a municipality spent on the Youth Act in a year, by its annual accounts."""

    cents: Cents = Field(
        description="All care-related spending, without running costs and local free-access offers; in euro cents"
    )

    def accounts(self, municipality: str, year: int) -> Accounts:
        """Give the accounts under their key. Raises InvalidInput with every rule that is broken."""
        found = Accounts(municipality, year, self.stated_on, self.cents, self.source)
        if wrong := list(violations(found, today())):
            raise InvalidInput(wrong)
        return found


class AnnualAccounts(AccountsBody, Kept):
    """Accounts at one version."""

    model_config = RESPONSE

    municipality: MunicipalityCode
    year: Year


class RecordedAccounts(AnnualAccounts, Judged):
    """The accounts that count now, and what became of those that were put."""


class AccountsPage(BaseModel):
    """A page of accounts: by municipality and year, or the versions of one, the last to come first."""

    model_config = RESPONSE

    items: list[AnnualAccounts]
    next: str | None = Field(default=None, description="Link to the next page")
