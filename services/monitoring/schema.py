"""The schema of the monitoring service in the database; its nouns declare their tables in it."""

from sqlalchemy import Index, MetaData

from shared.consumer.tables import consumer_tables, copy_table
from shared.events.topics import TOPICS

METADATA = MetaData(schema="monitoring")

consumer_tables(METADATA)
_copies = {topic: copy_table(METADATA, topic.replace(".", "_")) for topic in TOPICS}

# Found by what they hang on, since a change of one touches the others.
_care = _copies["referrals.care"].c.state
_claim = _copies["contracts.claim"].c.state
_agreement = _copies["contracts.agreement"].c.state
_product = _copies["contracts.product"].c.state
_report = _copies["availability.report"].c.state
Index("referrals_care_indication", _care["indication"].astext)
Index("contracts_claim_indication", _claim["indication"].astext)
Index("contracts_agreement_offer", _agreement["provider"].astext, _agreement["product"].astext)
Index("contracts_product_code", _product["code"].astext)
Index(
    "availability_report_offer",
    *(_report[name].astext for name in ("product", "provider", "location", "referenceDate")),
)
