"""A way to a server that can be cut and laid again, so that one server may be away for one process only."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

_CHUNK = 65_536


class Line:
    """Passes bytes on between `port` on loopback and a server, while it is connected."""

    def __init__(self, url: str, port: int) -> None:
        self._host, self._port = str(urlsplit(url).hostname), urlsplit(url).port
        self._own_port = port
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.Task[None]] = set()

    async def connect(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._own_port)

    async def cut(self) -> None:
        """Refuse new connections and break off those that are open."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for each in self._passing:
            each.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        further_reader, further_writer = await asyncio.open_connection(self._host, self._port)
        for one, other in ((reader, further_writer), (further_reader, writer)):
            passing = asyncio.ensure_future(_pass(one, other))
            self._passing.add(passing)
            passing.add_done_callback(self._passing.discard)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while content := await reader.read(_CHUNK):
            writer.write(content)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()


@asynccontextmanager
async def cut_line(url: str, port: int) -> AsyncIterator[tuple[Line, str]]:
    """Give a line to a server that is not connected yet, and the server's address by way of it."""
    parts = urlsplit(url)
    credentials = parts.netloc.rpartition("@")[0]
    line = Line(url, port)
    try:
        yield line, urlunsplit(parts._replace(netloc=f"{credentials}@127.0.0.1:{port}"))
    finally:
        await line.cut()
