"""The bodies of `serve` and `work`: one process of one service, as in production."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec

import uvicorn
import uvloop

from jeugdregio.errors import StarterError
from shared import logging
from shared.serving import AddressTakenError, ApiServer, listen
from shared.settings import Settings, SettingsError, load
from shared.values.region import RegionFileError

_DRAIN_SECONDS = 5
_BACKLOG = 2048
# Longer than callers and proxies keep an idle connection (60 s at most): who closes first must be they, since a request that
# meets the closing of its connection ends in a reset.
_KEEP_ALIVE_SECONDS = 75


def serve(service: str) -> None:
    """Answer HTTP until SIGTERM. Raises StarterError when the environment is not complete."""
    own = f"services.{service}.settings"
    with _one_clear_line():
        settings = load(import_module(own).Settings if find_spec(own) else Settings)
        logging.configure(service=service, process="api", level=settings.log_level)
        # Our own socket: a port that is taken then has a clear line, and not only a class name in the log.
        listener = listen(settings.host, settings.port, "PORT")
        app = import_module(f"services.{service}.app").create_app(settings)
        config = uvicorn.Config(
            app,
            loop="uvloop",
            http="httptools",
            backlog=_BACKLOG,
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_DRAIN_SECONDS,
        )
        ApiServer(config, app.state.stopping).run(sockets=[listener])


def work(service: str) -> int:
    """Publish and read events until SIGTERM; return the exit code. Raises StarterError like `serve`.

    A worker is told what every service needs and nothing more: it has no use for the keys of the client vault.
    """
    with _one_clear_line():
        settings = load(Settings)
        logging.configure(service=service, process="worker", level=settings.log_level)
        return int(uvloop.run(import_module(f"services.{service}.worker").create_worker(settings).run()))


@contextmanager
def _one_clear_line() -> Iterator[None]:
    try:
        yield
    except SettingsError as error:
        raise StarterError("; ".join(error.lines)) from error
    except (AddressTakenError, RegionFileError) as error:
        raise StarterError(str(error)) from error
