"""`jeugdregio doctor`: what runs, how far behind it is, what is wrong and what to do about it.

It asks each process what a monitoring system would ask: `/readyz` and `/metrics`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.table import Table

from jeugdregio.processes import ask
from jeugdregio.services import ALL, ServiceProcess

# Above these somebody should look; the numbers are those of the alerts.
_UNPUBLISHED_SECONDS = 10.0
_LAG_EVENTS = 1000.0
_WATERMARK_SECONDS = 30.0
_COLUMNS = {
    "journal_backlog_events": "unsent",
    "journal_oldest_unpublished_seconds": "oldest s",
    "consumer_lag_events": "unread",
    "watermark_age_seconds": "behind s",
    "parked_events": "parked",
    "database_pool_connections": "pool",
}
_SUMMED = {"journal_backlog_events", "consumer_lag_events", "parked_events"}


@dataclass(frozen=True)
class Finding:
    """What one process answered. `numbers`: metric -> value, without the ones that it does not have."""

    process: ServiceProcess
    problem: str | None
    numbers: Mapping[str, float] = field(default_factory=dict)


def examine(region: Mapping[str, Any]) -> list[Finding]:
    return [
        _examine(process, region["services"][process.service]["metrics"][process.kind]) for process in ALL
    ]


def show(findings: Iterable[Finding], region: Mapping[str, Any], console: Console) -> bool:
    """Print the table and the advice; tell whether all is well."""
    findings = list(findings)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("process", "state", *_COLUMNS.values()):
        table.add_column(column, no_wrap=True, justify="left" if column in {"process", "state"} else "right")
    for finding in findings:
        state = "[green]ready[/green]" if finding.problem is None else "[red]not ready[/red]"
        cells = (_cell(finding.numbers.get(metric)) for metric in _COLUMNS)
        table.add_row(finding.process.name, state, *cells)
    console.print(table)
    lines = [line for finding in findings for line in advice(finding, str(region.get("logs", "")))]
    for line in lines or ["Nothing is wrong."]:
        console.print(line, soft_wrap=True, markup=False)
    return not lines


def advice(finding: Finding, logs: str) -> list[str]:
    """Say what is wrong with one process and what to do, a line each."""
    name, service, numbers = finding.process.name, finding.process.service, finding.numbers
    lines = []
    if finding.problem:
        lines.append(f"{name}: {finding.problem}. See {logs}/{name}.log; `make up` starts it again.")
    if numbers.get("journal_oldest_unpublished_seconds", 0) > _UNPUBLISHED_SECONDS:
        lines.append(f"{name}: events wait to be published. Look whether Kafka is there ({logs}/kafka.log).")
    if numbers.get("consumer_lag_events", 0) > _LAG_EVENTS:
        lines.append(f"{name}: it reads slower than others write. This passes by itself after a republish.")
    if numbers.get("watermark_age_seconds", 0) > _WATERMARK_SECONDS:
        lines.append(
            f"{name}: its answers are behind. Look at the workers of the services that it reads from."
        )
    if parked := numbers.get("parked_events", 0):
        lines.append(f"{name}: {parked:.0f} events are set aside. See `jeugdregio parked list {service}`.")
    return lines


def _examine(process: ServiceProcess, address: str) -> Finding:
    port = urlsplit(address).port or 0
    _, problem = ask(port, "/readyz")
    text, unanswered = ask(port, "/metrics")
    return Finding(process, problem, {} if unanswered else measured(text))


def measured(exposition: str) -> dict[str, float]:
    """Take the metrics that are shown here out of Prometheus's text: sums of counts, the worst of ages."""
    numbers: dict[str, float] = {}
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            if sample.name in _SUMMED:
                numbers[sample.name] = numbers.get(sample.name, 0) + sample.value
            elif sample.name in _COLUMNS:
                numbers[sample.name] = max(numbers.get(sample.name, 0), sample.value)
    return numbers


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"
