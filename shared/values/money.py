"""Money is integer euro cents. Never a float, never a decimal string."""

from typing import Annotated

from pydantic import Field

# Ten thousand million euro: a hundred times what a large region spends in a year, far inside a bigint.
MOST_CENTS = 10**12

# strict: "12", 12.0 and true are refused instead of read as money.
Cents = Annotated[
    int,
    Field(strict=True, ge=0, le=MOST_CENTS, description="Integer euro cents", examples=[125800]),
]
