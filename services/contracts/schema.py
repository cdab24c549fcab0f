"""The schema of the contracts service in the database; its nouns declare their tables in it."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, MetaData, Table, text

from shared.consumer.tables import consumer_tables, copy_table
from shared.deliveries.tables import delivery_tables
from shared.journal.tables import MOMENT, journal_tables, processing_log_table

METADATA = MetaData(schema="contracts")

journal_tables(METADATA)
processing_log_table(METADATA)
consumer_tables(METADATA)
delivery_tables(METADATA)

# The inputs of the valuation: others' indications, and what our own journal says of products and agreements.
_indication = copy_table(METADATA, "referrals_indication")
_product = copy_table(METADATA, "contracts_product")
_agreement = copy_table(METADATA, "contracts_agreement")

Index(
    "referrals_indication_offer",
    _indication.c.state["provider"].astext,
    _indication.c.state["product"].astext,
)
Index("referrals_indication_product", _indication.c.state["product"].astext)
Index("contracts_product_code", _product.c.state["code"].astext)
Index(
    "contracts_agreement_offer", _agreement.c.state["provider"].astext, _agreement.c.state["product"].astext
)

# Up to which position the own journal has been taken over as an input, and what that position promises.
own_inputs = Table(
    "own_inputs",
    METADATA,
    Column("single", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False, server_default="0"),
    Column("known_through", MOMENT),
    Column("importing", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("single = 1", name="own_inputs_single_row"),
)
