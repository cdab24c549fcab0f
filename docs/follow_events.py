"""Follow a service's events without Kafka: prints a line of JSON for each, old ones first, until the token has expired.

TOKEN=... python follow_events.py https://api.region.example/referrals/v1 place.txt      # place.txt: how far it came
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
    """Give each event at least once; `subject` and `version` say what you know already."""
    link = start = f"{url}/events?pageSize=1000&wait=30"
    if place.exists():
        link = place.read_text()
    with httpx.Client(headers={"Authorization": f"Bearer {os.environ['TOKEN']}"}, timeout=60) as client:
        while True:
            asked, events = time.monotonic(), []
            try:
                answer = client.get(urljoin(url, link))
            except httpx.TransportError:
                time.sleep(1)  # it is away for a moment
                continue
            if answer.status_code == 410:  # the journal began anew, so we do: what is known changes nothing
                link = start
            elif answer.status_code < 500:
                events = answer.raise_for_status().json()
                yield from events  # our place is kept after they were dealt with
                link = answer.links["next"]["url"]
                place.with_suffix(".new").write_text(link)
                place.with_suffix(".new").replace(place)
            if not events and time.monotonic() - asked < 1:
                time.sleep(1)


if __name__ == "__main__":
    for event in follow(sys.argv[1], Path(sys.argv[2])):
        print(json.dumps(event), flush=True)
