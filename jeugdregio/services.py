"""The four services and their eight processes, by name."""

from dataclasses import dataclass

SERVICES = ("referrals", "contracts", "availability", "monitoring")
KINDS = ("api", "worker")


@dataclass(frozen=True)
class ServiceProcess:
    """One process of a service: `api` answers HTTP, `worker` publishes and reads events."""

    service: str
    kind: str

    @property
    def name(self) -> str:
        return f"{self.service}-{self.kind}"

    @property
    def port(self) -> str:
        """The name of the port on which the service answers HTTP."""
        return f"{self.service}-api"

    @property
    def metrics_port(self) -> str:
        return f"{self.name}-metrics"

    @property
    def command(self) -> list[str]:
        """Give the arguments of `jeugdregio` that run it."""
        return ["serve" if self.kind == "api" else "work", self.service]


ALL = tuple(ServiceProcess(service, kind) for service in SERVICES for kind in KINDS)
