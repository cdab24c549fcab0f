"""An issuer of tokens and the settings of a process, valid unless a test says otherwise."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import structlog
from joserfc import jwt
from joserfc.jwk import ECKey, Key

from shared.settings import Settings

ISSUER = "https://issuer.example"
AUDIENCE = "jeugdregio"


class Issuer:
    """Signs tokens with one key, which it publishes in a file."""

    def __init__(self, folder: Path) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "first", "use": "sig"})
        self._file = folder / "jwks.json"
        self.publish(self.key)

    @property
    def url(self) -> str:
        return self._file.as_uri()

    def publish(self, *keys: Key) -> None:
        self._file.write_bytes(orjson.dumps({"keys": [key.as_dict(private=False) for key in keys]}))

    def claims(self, **changed: object) -> dict[str, Any]:
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "user-7",
            "exp": int(time.time()) + 600,
            "role": "municipality",
            "organisation": "0743",
            "activity": "https://register.example/indications",
        }
        return {name: value for name, value in (claims | changed).items() if value is not None}

    def token(
        self, *, header: dict[str, Any] | None = None, key: Key | None = None, **changed: object
    ) -> str:
        signed_by = key or self.key
        head = {"alg": "ES256", "kid": "first"} | (header or {})
        return jwt.encode(head, self.claims(**changed), signed_by, algorithms=[head["alg"]])


@pytest.fixture(autouse=True, scope="session")
def plain_logs() -> None:
    """What structlog does by itself, the whole traceback with all local values, takes seconds per exception."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
        ]
    )


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


@pytest.fixture
def make_settings(issuer: Issuer) -> Callable[..., Settings]:
    def make(**changed: object) -> Settings:
        complete = {
            "service_database_url": "postgresql://demo_api:secret@127.0.0.1:1/jeugdregio",
            "kafka_bootstrap_servers": "127.0.0.1:9092",
            "public_url": "https://api.region.example",
            "token_issuer": ISSUER,
            "token_audience": AUDIENCE,
            "jwks_url": issuer.url,
        }
        return Settings.model_validate(complete | changed)

    return make
