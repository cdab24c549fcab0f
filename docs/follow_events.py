"""Follow the events of a service without Kafka. Prints one line of JSON for each event, old ones first, for ever.

    TOKEN=... python follow_events.py https://api.region.example/referrals/v1 place.txt

`place.txt` keeps how far it came. An event may come twice, never not at all: `subject` and `version` tell you what
you know already. When the token has expired it ends with an error: start it again with a new one.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx


def follow(url: str, place: Path) -> Iterator[dict[str, Any]]:
    start = f"{url}/events?pageSize=1000&wait=30"
    link = place.read_text() if place.exists() else start
    with httpx.Client(headers={"Authorization": f"Bearer {os.environ['TOKEN']}"}, timeout=60) as client:
        while True:
            asked, events = time.monotonic(), []
            try:
                answer = client.get(urljoin(url, link))
                if (
                    answer.status_code == 410
                ):  # the journal began anew, so we do: what is known changes nothing
                    link = start
                elif answer.status_code < 500:
                    events = answer.raise_for_status().json()
                    yield from events  # our place is kept after they were dealt with
                    link = answer.links["next"]["url"]
                    place.with_suffix(".new").write_text(link)
                    place.with_suffix(".new").replace(place)
            except httpx.TransportError:
                pass  # it is away for a moment
            if not events and time.monotonic() - asked < 1:
                time.sleep(1)


if __name__ == "__main__":
    for event in follow(sys.argv[1], Path(sys.argv[2])):
        print(json.dumps(event), flush=True)
