"""What the referrals service must be told besides what every service needs."""

from pydantic import Field, SecretStr

from shared import settings


class Settings(settings.Settings):
    """The environment of the referrals api; its worker needs no vault keys and gets none."""

    vault_keys: dict[int, SecretStr] = Field(
        description='set it to the keys of the client vault by version, as JSON: {"1": "<32 bytes in base64>"}'
    )
    vault_index_key: SecretStr = Field(
        description="set it to the key by which clients are found: 32 bytes in base64"
    )
    demonstration: bool = Field(
        default=False,
        description="true accepts made-up BSNs (9xxxxxxxx); leave it out wherever real children are",
    )
