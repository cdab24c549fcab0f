"""A region of its own to measure: started by `jeugdregio up` without data, stopped when the measuring ends."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_READY_WITHIN = 180


class NotStartedError(Exception):
    """The region to measure did not come up; the message is the end of its output."""


@contextmanager
def running_region() -> Iterator[dict[str, Any]]:
    """Start a region, give what its region.json says with `folder` added, stop it in the end."""
    with tempfile.TemporaryDirectory(prefix="jeugdregio-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        output = (folder / "up.log").open("w+")
        command = [sys.executable, "-m", "jeugdregio", "up", "--data", str(folder), "--region", "none"]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield {**_wait(process, folder), "folder": str(folder)}
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _wait(process: subprocess.Popen[bytes], folder: Path) -> dict[str, Any]:
    deadline = time.monotonic() + _READY_WITHIN
    while not (folder / "region.json").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise NotStartedError((folder / "up.log").read_text()[-2_000:])
        time.sleep(0.2)
    region: dict[str, Any] = json.loads((folder / "region.json").read_text())
    return region


def memory(region: dict[str, Any]) -> dict[str, float]:
    """Resident memory of each process of the region, in MiB."""
    sizes = {}
    for name, pid in region["processes"].items():
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
        sizes[name] = kilobytes / 1024
    return sizes


@contextmanager
def standing_workers(region: dict[str, Any]) -> Iterator[None]:
    """Let the workers stand still: what they do with each write would be measured with it, on whichever side is slower."""
    workers = [pid for name, pid in region["processes"].items() if name.endswith("-worker")]
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
