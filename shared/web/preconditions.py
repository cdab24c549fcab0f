"""Two editors of one thing: each names the version that it read, and a change of another version is refused.

An answer about one thing carries its ETag; a change that sends it back as `If-Match` is made only to that version. It is
compared under the lock of the change: lock, read, change, `require`, all in the request's transaction. Without `If-Match`
the last one wins. There is no `If-None-Match`: answers are `no-store`, so nobody may have kept one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Header
from starlette.responses import Response

from shared.problems import Kind, Problem, register

Shown = Mapping[str, Any]
"""A thing as it is shown, with its `id` and `version`."""

TAGGED: Final[dict[str, Any]] = {
    "headers": {
        "ETag": {
            "description": "Which version this is: send it as `If-Match` with a change of it",
            "required": True,
            "schema": {"type": "string"},
            "example": '"6f1e1d52-6f0c-4f0e-9a51-0d9a4d7f2a11.3"',
        }
    }
}
"""What the document says of an answer that carries an ETag."""


class VersionDiffers(Problem):
    """What stands there is not the version that you changed. Read it, make your change to that, and send its ETag."""


register({VersionDiffers: Kind(412, "version-differs", "Version differs", "Versie verschilt")})


def etag(shown: Shown) -> str:
    """Give the strong ETag of a thing: of its id and version, so that no two things have the same."""
    return f'"{shown["id"]}.{shown["version"]}"'


def tag(response: Response, shown: Shown) -> Shown:
    """Put the ETag of what is shown on its answer."""
    response.headers["ETag"] = etag(shown)
    return shown


@dataclass(frozen=True, slots=True)
class Precondition:
    """What the caller said in `If-Match`; None when it said nothing."""

    if_match: str | None

    @property
    def given(self) -> bool:
        """Whether the caller names a version, so that the current one must be held and read first."""
        return self.if_match is not None

    def require(self, current: Shown | None) -> None:
        """Raise VersionDiffers when the current version is none that the caller named. Nothing there matches nothing."""
        if self.if_match is None:
            return
        named = {each.strip() for each in self.if_match.split(",")}
        if current is not None and named & {"*", etag(current)}:
            return
        raise VersionDiffers(
            currentVersion=current["version"] if current else None,
            currentETag=etag(current) if current else None,
        )


async def _precondition(
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match", description="The ETag of the version that is changed; left out: whichever it is"
        ),
    ] = None,
) -> Precondition:
    return Precondition(if_match)


IfMatch = Annotated[Precondition, Depends(_precondition)]
