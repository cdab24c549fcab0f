"""Functions are not migrated but replaced: their SQL stands beside the code that calls them, and each run applies it."""

from pathlib import Path

_ROOT = Path(__file__).parents[2]
# What a service has is what its schema declares.
_MECHANISMS = {
    "METADATA": "journal/functions.sql",
    "journal_tables(METADATA)": "journal/journal.sql",
    "processing_log_table(METADATA)": "journal/processing.sql",
    "consumer_tables(METADATA)": "consumer/consumer.sql",
}


def sql_files(service: str) -> list[Path]:
    """List a service's function files, in the order in which they are applied."""
    folder = _ROOT / "services" / service
    declared = (folder / "schema.py").read_text()
    mechanisms = [_ROOT / "shared" / file for call, file in _MECHANISMS.items() if call in declared]
    return [*mechanisms, *sorted(folder.glob("*/*.sql"))]
