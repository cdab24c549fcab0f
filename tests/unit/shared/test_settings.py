import pytest
from pydantic import SecretStr, ValidationError

from shared.settings import Settings, SettingsError, load

COMPLETE = {
    "SERVICE_DATABASE_URL": "postgresql://referrals_api:hunter2@localhost:5432/jeugdregio",
    "KAFKA_BOOTSTRAP_SERVERS": "one:9092,two:9092",
    "PUBLIC_URL": "https://api.region.example/",
    "TOKEN_ISSUER": "https://issuer.example",
    "TOKEN_AUDIENCE": "jeugdregio",
    "JWKS_URL": "file:///run/jwks.json",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def wrong_lines() -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load(Settings)
    return caught.value.lines


def test_a_complete_environment_is_read(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CORS_ORIGINS", "https://one.example, https://two.example")
    settings = load(Settings)
    assert settings.service_database_url.get_secret_value() == COMPLETE["SERVICE_DATABASE_URL"]
    assert settings.public_url == "https://api.region.example"
    assert settings.cors_origins == ("https://one.example", "https://two.example")


def test_each_missing_variable_gets_a_line_with_what_to_do(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("JWKS_URL")
    environment.setenv("TOKEN_ISSUER", "")
    lines = wrong_lines()
    assert len(lines) == 2
    assert any(line.startswith("JWKS_URL is missing: set it to where the issuer") for line in lines)
    assert any(line.startswith("TOKEN_ISSUER is missing: set it to") for line in lines)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SERVICE_DATABASE_URL", "mysql://u:hunter2@host/name"),
        ("SERVICE_DATABASE_URL", "postgresql://hunter2@/name"),
        ("SERVICE_DATABASE_URL", "postgresql://u:hunter2@host"),
        ("KAFKA_BOOTSTRAP_SERVERS", "hunter2"),
        ("PUBLIC_URL", "http://hunter2.example"),
        ("JWKS_URL", "http://hunter2.example/jwks"),
        ("PORT", "hunter2"),
        ("DATABASE_POOL_SIZE", "0"),
        ("LOG_LEVEL", "hunter2"),
        ("CORS_ORIGINS", "*"),
    ],
)
def test_a_wrong_value_is_named_and_never_printed(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv(name, value)
    (line,) = wrong_lines()
    assert line.startswith(f"{name} ")
    assert ": " in line
    assert "hunter2" not in line


@pytest.mark.usefixtures("environment")
def test_settings_do_not_show_their_secrets() -> None:
    settings = load(Settings)
    assert "hunter2" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


@pytest.mark.usefixtures("environment")
def test_settings_do_not_change() -> None:
    settings = load(Settings)
    with pytest.raises(ValidationError):
        settings.service_database_url = SecretStr("postgresql://other")  # type: ignore[misc]
