"""Apache Kafka itself (KRaft: broker and controller in one process), on loopback."""

import base64
import shutil
import socket
import struct
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from jeugdregio.engines.engine import Engine
from jeugdregio.engines.java import class_path, java
from jeugdregio.ports import free_port

# The quick compiler only: half the processor time until ready (3.4 s instead of 6.8), and clients stay the limit.
_JVM = [
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
]
_HEAP = ["-Xms128m", "-Xmx512m"]
_RETENTION = 30 * 24 * 3600 * 1000  # milliseconds
_SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "auto.create.topics.enable": "false",
    "log.retention.ms": str(_RETENTION),
    "num.partitions": "6",
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # A second member of a group gets its share at once.
    "group.initial.rebalance.delay.ms": "0",
    # After kill -9 the broker waits for its former session to end: with the default 12 s instead of 5.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # The default buffer of 128 MB is a quarter of the heap, for topics that here have a few thousand keys.
    "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
}
_LOGGING = """\
status = error
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = {log}
appender.file.filePattern = {log}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{ISO8601}} %-5p %c{{1}}: %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 10MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 3
rootLogger.level = warn
rootLogger.appenderRef.file.ref = file
logger.started.name = kafka.server
logger.started.level = info
"""
# Length, api key, api version, correlation id, no client id.
_API_VERSIONS = struct.pack(">ihhih", 10, 18, 0, 1, -1)


class Kafka(Engine):
    """A broker with its data in `folder`; an emptied folder makes it a new cluster at the next start."""

    name: ClassVar[str] = "Kafka"

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        controller_port: int | None = None,
        log: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(folder, port=port, log=log)
        self._controller_port = controller_port or free_port(frozenset([self.port]))
        self._settings = dict(settings or {})
        self._data = self.folder / "data"

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    def empty(self) -> None:
        """Stop, and throw all topics away: as a broker whose disk was lost."""
        self.stop()
        shutil.rmtree(self._data, ignore_errors=True)

    def _prepare(self) -> None:
        self._class_path = class_path()
        lines = [f"{key}={value}\n" for key, value in self._all_settings().items()]
        self._properties.write_text("".join(lines))
        self._logging.write_text(_LOGGING.format(log=self.log))
        if not (self._data / "meta.properties").exists():
            self._format()

    def _all_settings(self) -> dict[str, str]:
        listener, controller = f"PLAINTEXT://{self.bootstrap}", f"127.0.0.1:{self._controller_port}"
        return {
            **_SETTINGS,
            "controller.quorum.voters": f"1@{controller}",
            "listeners": f"{listener},CONTROLLER://{controller}",
            "advertised.listeners": listener,
            "log.dirs": str(self._data),
            **self._settings,
        }

    def _format(self) -> None:
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        shutil.rmtree(self._data, ignore_errors=True)
        with self.log.open("ab") as log:
            # In one piece: an id can begin with a dash, and would then be taken for an option.
            arguments = ["format", f"--cluster-id={cluster}", f"--config={self._properties}"]
            done = subprocess.run(
                [*self._java(), "kafka.tools.StorageTool", *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False,
            )  # fmt: skip
        if done.returncode:
            shutil.rmtree(self._data, ignore_errors=True)
            raise self._failed("its storage could not be formatted")

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*self._java(), *_HEAP, "kafka.Kafka", str(self._properties)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, start_new_session=True,
            )  # fmt: skip

    def _java(self) -> list[str]:
        options = ["-cp", self._class_path, f"-Dlog4j2.configurationFile={self._logging}"]
        return [str(java()), *options, *_JVM]

    def _is_ready(self) -> bool:
        """Ask for the API versions: the broker answers once it is registered and takes requests."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(_API_VERSIONS)
                return len(connection.recv(4)) > 0
        except OSError:
            return False

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    @property
    def _logging(self) -> Path:
        return self.folder / "log4j2.properties"
