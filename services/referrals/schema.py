"""The schema of the referrals service in the database; its nouns declare their tables in it."""

from sqlalchemy import MetaData

from shared.deliveries.tables import delivery_tables
from shared.journal.tables import journal_tables, processing_log_table

METADATA = MetaData(schema="referrals")

journal_tables(METADATA)
processing_log_table(METADATA)
delivery_tables(METADATA)
