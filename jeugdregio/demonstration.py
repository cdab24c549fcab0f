"""Writes the delivery files of the demonstration region and says what was written."""

from pathlib import Path
from time import monotonic

from rich.console import Console

from demo.region.generate import write as write_regions
from jeugdregio.errors import StarterError

_BYTES_A_MB = 1_000_000


def write(scale: int, out: Path, console: Console) -> None:
    """Write that many regions into an empty folder. Raises StarterError when it is not empty."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StarterError(f"{out} is not an empty folder: name another one with --out, or empty it")
    begun = monotonic()
    with console.status("Writing ...") as status:

        def progress(regions: int) -> None:
            status.update(f"{regions} of {scale} regions are written ...")

        files = write_regions(scale, out, progress)
    for kind, number in sorted(files.records.items()):
        console.print(f"{kind:>14}  {number:>11,} records  {files.size[kind] / _BYTES_A_MB:8.1f} MB")
    console.print(f"Written to {out} in {monotonic() - begun:.0f} seconds.", highlight=False, soft_wrap=True)
