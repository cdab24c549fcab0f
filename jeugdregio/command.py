"""The command `jeugdregio`. Every body is one call; what is heavy is imported where it is used."""

import os
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from jeugdregio.data_folder import DataFolder
from jeugdregio.errors import StarterError
from jeugdregio.services import SERVICES

_EXAMPLES = """
The open backend with which a Dutch youth region steers youth care.

Try it:   `jeugdregio up`, then paste the `curl` lines that it prints.

Look:     `jeugdregio doctor`

Operate:  `jeugdregio migrate` · `jeugdregio serve referrals` · `jeugdregio work referrals`
"""


class _OneClearLine(TyperGroup):
    """Ends a command that cannot go on with one line for people instead of a traceback."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - click's own signature
        try:
            return super().invoke(ctx)
        except StarterError as error:
            console = Console(stderr=True)
            if error.detail:
                console.print(error.detail, style="dim", markup=False, highlight=False, soft_wrap=True)
            console.print(f"jeugdregio: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(1) from error


Service = StrEnum("Service", {name: name for name in SERVICES})  # type: ignore[misc]
ServiceName = Annotated[Service, typer.Argument(help="Which of the four services.")]
DataOption = Annotated[
    Path, typer.Option("--data", envvar="DATA_FOLDER", help="Where a started region keeps its data.")
]
RegionOption = Annotated[
    Path, typer.Option("--region-file", envvar="REGION_FILE", help="What the region is.")
]
ParkedId = Annotated[str, typer.Argument(help="Its id, from `parked list`.")]

_DATA = Path(".data")
_REGION = Path("region.toml")

app = typer.Typer(
    cls=_OneClearLine, help=_EXAMPLES, rich_markup_mode="markdown", no_args_is_help=True, add_completion=False
)
parked = typer.Typer(
    help="Events that were set aside because they could not be applied.", no_args_is_help=True
)
app.add_typer(parked, name="parked")


class Load(StrEnum):
    EXAMPLE = "example"
    NONE = "none"


@app.command()
def up(
    region: Annotated[Load, typer.Option(envvar="REGION", help="What to load.")] = Load.EXAMPLE,
    region_file: RegionOption = _REGION,
    data: DataOption = _DATA,
) -> None:
    """Start the whole region on this machine, with PostgreSQL and Kafka, until Ctrl-C.

    DATABASE_URL and KAFKA_BOOTSTRAP_SERVERS use existing servers. Example: `REGION=none jeugdregio up`
    """
    from jeugdregio.up import up as start  # noqa: PLC0415

    start(data, region_file, example=region is Load.EXAMPLE, console=Console())


@app.command()
def migrate(
    data: DataOption = _DATA,
    region_file: RegionOption = _REGION,
    replication: Annotated[
        int, typer.Option(envvar="KAFKA_REPLICATION", min=1, help="Copies of each topic: 3 in production.")
    ] = 1,
) -> None:
    """Make or renew roles, schemas and topics; run before every rollout.

    Reads DATABASE_URL (an administrator's) and KAFKA_BOOTSTRAP_SERVERS. Passwords of roles are those in the
    environment (REFERRALS_API_PASSWORD and so on); others are made, and kept in `credentials.json` of the data folder.
    """
    from jeugdregio.engine_room import migrate as run  # noqa: PLC0415
    from jeugdregio.installation import Installation, given_databases  # noqa: PLC0415

    databases, bootstrap = given_databases(), os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if not databases or not bootstrap:
        raise StarterError(
            "set DATABASE_URL (an administrator's) and KAFKA_BOOTSTRAP_SERVERS, then run migrate again"
        )
    folder = DataFolder(data)
    folder.path.mkdir(parents=True, exist_ok=True)
    installation = Installation(databases, bootstrap, embedded=False, region=region_file)
    run(installation, folder.credentials, replication=replication)


@app.command()
def serve(service: ServiceName) -> None:
    """Run the api of one service, told by its environment. Example: `jeugdregio serve referrals`."""
    from jeugdregio.running import serve as run  # noqa: PLC0415

    run(service)


@app.command()
def work(service: ServiceName) -> None:
    """Run the worker of one service: it publishes and reads events. Example: `jeugdregio work monitoring`."""
    from jeugdregio.running import work as run  # noqa: PLC0415

    raise typer.Exit(run(service))


@app.command()
def token(
    role: Annotated[str, typer.Option(help="municipality, provider, referrer, analyst, ...")],
    organisation: Annotated[str, typer.Option(help="CBS code, AGB code or OIN, as fits the role.")],
    data: DataOption = _DATA,
) -> None:
    """Print a token of the development issuer, for the region that runs here.

    Example: `TOKEN=$(jeugdregio token --role municipality --organisation 0743)`
    """
    from jeugdregio.issuer import Issuer  # noqa: PLC0415

    folder = DataFolder(data)
    region = folder.read_region()
    addresses = (
        *region["database"].values(),
        *(service["url"] for service in region["services"].values()),
    )
    issuer = Issuer(folder.secrets()["signingKey"], region["embedded"], addresses)
    typer.echo(issuer.token(role, organisation))


@app.command()
def deliver(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A file .ndjson or .csv, also .gz.")
    ],
    organisation: Annotated[
        str | None, typer.Option(help="Who delivers: CBS code of a municipality, AGB code of a provider.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="What the records are; left out: as a name in the file's path says.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge all and change nothing.")] = False,  # noqa: FBT002
    data: DataOption = _DATA,
) -> None:
    """Deliver a file of many records to the region that runs here; show how far it is and what was refused.

    Examples: `jeugdregio deliver docs/examples/indications.ndjson --organisation 0794`,
    `jeugdregio deliver claims/98000001.ndjson.gz`
    """
    from jeugdregio.delivering import deliver as run  # noqa: PLC0415

    region = DataFolder(data).read_region()
    done = run(region, file, organisation=organisation, kind=kind, dry_run=dry_run, console=Console())
    if done["state"] == "failed":
        raise StarterError("the delivery failed by a fault of ours: see the worker's log, then send it again")


@app.command()
def republish(service: ServiceName, data: DataOption = _DATA) -> None:
    """Send a service's whole journal again, as for a reader that was emptied.

    Example: `jeugdregio republish contracts`
    """
    from jeugdregio import operating  # noqa: PLC0415

    generation = operating.republish(DataFolder(data), service)
    typer.echo(f"{service} publishes everything again, as generation {generation}.")


@app.command()
def restored(service: ServiceName, data: DataOption = _DATA) -> None:
    """Tell a service that its database came back from a backup. Run it before its worker starts again."""
    from jeugdregio import operating  # noqa: PLC0415

    typer.echo(f"{service} takes up its work as generation {operating.restored(DataFolder(data), service)}.")


@parked.command("list")
def parked_list(service: ServiceName, data: DataOption = _DATA) -> None:
    """List what a service has set aside, and why. Example: `jeugdregio parked list monitoring`."""
    from jeugdregio import operating  # noqa: PLC0415

    for item in operating.list_parked(DataFolder(data), service):
        state = "discarded" if item.discarded else "parked"
        typer.echo(f"{item.id}  {state} {item.parked_at:%Y-%m-%d %H:%M}  {item.topic}  {item.reason}")


@parked.command()
def show(service: ServiceName, parked_id: ParkedId, data: DataOption = _DATA) -> None:
    """Show one: reason, topic, partition, offset, aggregate, version; never its content."""
    from jeugdregio import operating  # noqa: PLC0415

    for name, value in asdict(operating.show_parked(DataFolder(data), service, parked_id)).items():
        typer.echo(f"{name}: {value}")


@parked.command()
def retry(service: ServiceName, parked_id: ParkedId, data: DataOption = _DATA) -> None:
    """Try one again, after its cause was taken away."""
    from jeugdregio import operating  # noqa: PLC0415

    operating.retry_parked(DataFolder(data), service, parked_id)
    typer.echo(f"{parked_id} was tried again, and is no longer parked.")


@parked.command()
def discard(service: ServiceName, parked_id: ParkedId, data: DataOption = _DATA) -> None:
    """Give one up: what lacks it no longer says that it is incomplete."""
    from jeugdregio import operating  # noqa: PLC0415

    operating.discard_parked(DataFolder(data), service, parked_id)
    typer.echo(f"{parked_id} is discarded.")


@app.command()
def addresses(data: DataOption = _DATA) -> None:
    """Print where a running region is, for a shell: `eval "$(jeugdregio addresses)"`, then `curl $REFERRALS/...`."""
    from jeugdregio.addresses import shell_lines  # noqa: PLC0415

    folder = DataFolder(data)
    for line in shell_lines(folder.read_region(), folder):
        typer.echo(line)


@app.command()
def problems() -> None:
    """Print every kind of error that the services answer with, in English and Dutch, as a page in Markdown."""
    from jeugdregio.problem_list import markdown  # noqa: PLC0415

    for line in markdown():
        typer.echo(line)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="A folder that is empty or not there yet.")],
    scale: Annotated[int, typer.Option(min=1, max=90, help="How many regions' worth.")] = 1,
) -> None:
    """Write the delivery files of the demonstration region, and of regions like it, with their region.toml.

    Example: `jeugdregio demo --out /tmp/region`
    """
    from jeugdregio.demonstration import write  # noqa: PLC0415

    write(scale, out, Console())


@app.command()
def doctor(data: DataOption = _DATA) -> None:
    """Say what is running, how far behind it is, what is wrong and what to do.

    Exit code 1 when something is wrong.
    """
    from jeugdregio.doctor import examine, show  # noqa: PLC0415

    region = DataFolder(data).read_region()
    if not show(examine(region), region, Console()):
        raise typer.Exit(1)


def main() -> None:
    app(prog_name="jeugdregio")
