"""The schema of the availability service in the database: its copies, and what its nouns declare in it."""

from sqlalchemy import Index, MetaData

from shared.consumer.tables import consumer_tables, copy_table
from shared.deliveries.tables import delivery_tables
from shared.journal.tables import journal_tables

METADATA = MetaData(schema="availability")

PRODUCT = "contracts.product"
PROVIDER = "contracts.provider"
AGREEMENT = "contracts.agreement"
TOPICS = (AGREEMENT, PRODUCT, PROVIDER)
"""What is read of others."""

journal_tables(METADATA)
consumer_tables(METADATA)
delivery_tables(METADATA)

# Found by what they name each other with, since a change of one touches the others.
contracts_product = copy_table(METADATA, "contracts_product")
Index("contracts_product_code", contracts_product.c.state["code"].astext)
contracts_provider = copy_table(METADATA, "contracts_provider")
Index("contracts_provider_agb", contracts_provider.c.state["agb"].astext)
contracts_agreement = copy_table(METADATA, "contracts_agreement")
Index("contracts_agreement_product", contracts_agreement.c.state["product"].astext)
Index("contracts_agreement_provider", contracts_agreement.c.state["provider"].astext)
