"""Every kind of problem that the services answer with, as a table in Markdown for docs/problems.md."""

from collections.abc import Iterator
from importlib import import_module

from jeugdregio.services import SERVICES
from shared.problems import PROBLEMS, summary_of

_INTRODUCTION = (
    "# What can go wrong, in two languages",
    "",
    "Every error is `application/problem+json` (RFC 9457): `type`, `title`, `titleNl`, `status`, `detail` and facts of its",
    "own. Wrong input has `errors`: each with a `code`, what it is about (`pointer` into the body, or `parameter`), and a",
    "`message` with the remedy and the same in Dutch (`messageNl`). This page is written by `jeugdregio problems`.",
    "",
)


def markdown() -> Iterator[str]:
    """The page, line by line, ordered by status and type."""
    for service in SERVICES:
        # A service's own problems are known once its routes are.
        import_module(f"services.{service}.app")
    yield from _INTRODUCTION
    yield "| status | type `urn:problem-type:jeugdregio:` | title | titel | what to do |"
    yield "|---|---|---|---|---|"
    kinds = sorted(PROBLEMS.items(), key=lambda item: (item[1].status, item[1].slug, item[0].__name__))
    shown = set()
    for problem, kind in kinds:
        if kind.slug not in shown:
            shown.add(kind.slug)
            yield f"| {kind.status} | `{kind.slug}` | {kind.title} | {kind.title_nl} | {summary_of(problem)} |"
