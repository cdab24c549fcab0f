"""What the referrals api must be told besides what every process needs."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

from services.referrals.clients.domain import VaultKeyError, key_bytes
from shared import settings


def _vault_key(value: SecretStr) -> SecretStr:
    try:
        key_bytes(value.get_secret_value())
    except VaultKeyError as error:
        raise PydanticCustomError("vault_key", "is not 32 bytes in base64") from error
    return value


VaultKey = Annotated[SecretStr, AfterValidator(_vault_key)]


class Settings(settings.Settings):
    """The environment of the referrals api; its worker needs no vault keys and gets none."""

    vault_keys: dict[int, VaultKey] = Field(
        min_length=1,
        description='set it to the keys of the client vault by version, as JSON: {"1": "<32 bytes in base64>"}',
    )
    vault_index_key: VaultKey = Field(
        description="set it to the key by which clients are found: 32 bytes in base64"
    )
    demonstration: bool = Field(
        default=False,
        description="true accepts made-up BSNs (9xxxxxxxx); leave it out wherever real children are",
    )
