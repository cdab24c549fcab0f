"""The schema of the monitoring service in the database; its nouns declare their tables in it."""

from sqlalchemy import MetaData

from shared.consumer.tables import consumer_tables, copy_table
from shared.events.topics import TOPICS

METADATA = MetaData(schema="monitoring")

consumer_tables(METADATA)
for topic in TOPICS:
    copy_table(METADATA, topic.replace(".", "_"))
