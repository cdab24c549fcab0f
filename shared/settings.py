"""What a process must be told: read from the environment once, checked as a whole, never printed.

A service that needs more (the client vault's keys) adds fields in a subclass. `load` refuses to start a
process that is half-configured, with one line for each variable that is missing or wrong.
"""

from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class SettingsError(Exception):
    """The environment is incomplete or wrong: `lines` names each variable and what to do, never a value."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(lines))


def _database_url(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    complete = parts.hostname and parts.username and parts.path.strip("/")
    if parts.scheme not in {"postgresql", "postgres"} or not complete:
        raise PydanticCustomError("database_url", "is not a complete postgresql:// url")
    return value


def _https_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise PydanticCustomError("https_url", "is not an https:// url without query")
    return value.rstrip("/")


def _keys_url(value: str) -> str:
    parts = urlsplit(value)
    if not (parts.scheme == "https" and parts.hostname) and not (parts.scheme == "file" and parts.path):
        raise PydanticCustomError("keys_url", "is neither an https:// nor a file: url")
    return value


def _servers(value: str) -> str:
    for server in value.split(","):
        host, _, port = server.strip().rpartition(":")
        if not host or not port.isdigit():
            raise PydanticCustomError("servers", "is not a list of host:port, separated by commas")
    return value


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Port = Annotated[int, Field(ge=1, le=65535)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_database_url)]
HttpsUrl = Annotated[str, AfterValidator(_https_url)]


class Settings(BaseSettings):
    """The environment of one process, api or worker, of one service."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    service_database_url: DatabaseUrl = Field(
        description="set it to the url of the role that this process runs as: postgresql://role:password@host/name"
    )
    database_pool_size: int = Field(
        default=12, ge=1, le=100, description="connections of this process to the database, 8 to 16 is best"
    )
    kafka_bootstrap_servers: Annotated[str, AfterValidator(_servers)] = Field(
        description="set it to the brokers, as host:port,host:port"
    )
    kafka_replication: int = Field(
        default=1,
        ge=1,
        le=9,
        description="copies that Kafka keeps of each topic: 3 where there are three brokers",
    )
    region_file: Path = Field(
        default=Path("region.toml"), description="set it to the path of the region file"
    )
    host: str = Field(default="127.0.0.1", description="set it to the address to listen on, 0.0.0.0 for all")
    port: Port = Field(default=8000, description="set it to the port of the api")
    metrics_port: Port = Field(default=9000, description="set it to the port of /metrics, /livez and /readyz")
    public_url: HttpsUrl = Field(
        description="set it to the https address by which callers reach the services, without their paths"
    )
    token_issuer: str = Field(min_length=1, description="set it to the `iss` of the tokens to accept")
    token_audience: str = Field(min_length=1, description="set it to the `aud` of the tokens to accept")
    jwks_url: Annotated[str, AfterValidator(_keys_url)] = Field(
        description="set it to where the issuer publishes its keys: https://.. or file:.."
    )
    cors_origins: Annotated[tuple[HttpsUrl, ...], NoDecode, BeforeValidator(_split)] = Field(
        default=(), description="set it to the origins whose pages may call the api, separated by commas"
    )
    contact_name: str = Field(
        default="Jeugdregio", description="set it to who answers questions about the api"
    )
    contact_email: str = Field(
        default="api@jeugdregio.example", description="set it to the mail address for questions about the api"
    )
    contact_url: HttpsUrl | None = Field(
        default=None, description="set it to the page for users of the api; PUBLIC_URL without it"
    )
    log_level: Annotated[str, Field(pattern="^(DEBUG|INFO|WARNING|ERROR)$")] = Field(
        default="INFO", description="set it to DEBUG, INFO, WARNING or ERROR"
    )


AnySettings = TypeVar("AnySettings", bound=BaseSettings)


def load(settings: type[AnySettings]) -> AnySettings:
    """Read the environment. Raises SettingsError, which names every variable that is missing or wrong."""
    try:
        return settings()
    except ValidationError as error:
        lines = [_line(settings, item["loc"], item["type"], item["msg"]) for item in error.errors()]
    raise SettingsError(lines)


def _line(settings: type[BaseSettings], loc: tuple[int | str, ...], code: str, message: str) -> str:
    name = str(loc[0]) if loc else ""
    field = settings.model_fields.get(name)
    wrong = "is missing" if code == "missing" else message[0].lower() + message[1:]
    remedy = f": {field.description}" if field and field.description else ""
    return f"{name.upper() or 'The environment'} {wrong}{remedy}"
