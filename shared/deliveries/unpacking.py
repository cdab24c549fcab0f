"""From the body as it was sent to the bytes of the file, a piece at a time: as it is, gzip, or zip with one member.

Zip is read as it streams in, from its front: nothing is written to disk, where it would stand unencrypted.
"""

import struct
import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Final

from shared.problems import BodyTooLarge, FieldError, InvalidInput

_PIECE: Final = 256 * 1024
_GZIP: Final = 31
_RAW_DEFLATE: Final = -15
_STORED, _DEFLATED = 0, 8
_ENCRYPTED: Final = 1
_SIZE_LATER: Final = 8
_MEMBER, _DIRECTORY, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_HEADER: Final = struct.Struct("<4s2xHH4xIIIHH")
_ENTRY: Final = struct.Struct("<4s12xII")
# A data descriptor has no, 12, 16, 20 or 24 bytes: with or without a signature, with sizes of 4 or 8.
_DESCRIPTORS: Final = (0, 12, 16, 20, 24)
_LARGEST_TAIL: Final = 256 * 1024
_ZIP64: Final = 2**32 - 1
_ONE_MEMBER: Final = "A zip holds one file, and no folders: take the others out."


def broken(code: str, message: str) -> InvalidInput:
    """What is wrong with the file as a whole."""
    return InvalidInput([FieldError(code, message, pointer="#")])


def _cut_off() -> InvalidInput:
    return broken("cut-off", "The file ends too early: send it again.")


async def limited(pieces: AsyncIterator[bytes], *, largest: int) -> AsyncIterator[bytes]:
    """Give the pieces. Raises BodyTooLarge when they are more than `largest` bytes together."""
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > largest:
            raise BodyTooLarge(largest)
        yield piece


async def gunzipped(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Unpack gzip; a file may be several, one behind the other. Raises InvalidInput."""
    unzip = zlib.decompressobj(_GZIP)
    try:
        async for chunk in chunks:
            rest = chunk
            while rest:
                if unzip.eof:
                    unzip = zlib.decompressobj(_GZIP)
                yield unzip.decompress(rest, _PIECE)
                rest = unzip.unused_data or unzip.unconsumed_tail
        while not unzip.eof and (piece := unzip.decompress(b"", _PIECE)):
            yield piece
    except zlib.error:
        raise broken("gzip", "The file is not gzip, although Content-Encoding says so.") from None
    if not unzip.eof:
        raise _cut_off()


async def unzipped(chunks: AsyncIterator[bytes]) -> tuple[str, AsyncIterator[bytes]]:
    """Give the name of the one member of a zip, and its bytes. Raises InvalidInput, while they are read too."""
    read = b""
    async for chunk in chunks:
        read += chunk
        member = _Member.of(read)
        if member is not None:
            return member.name, _content(member, read[member.begins :], chunks)
    raise _cut_off() if read.startswith(_MEMBER[: len(read)]) and read else _no_zip()


def _no_zip() -> InvalidInput:
    return broken("zip", "The file is not a zip, although Content-Type says so.")


async def _content(member: "_Member", first: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    for piece in member.feed(first):
        yield piece
    async for chunk in chunks:
        for piece in member.feed(chunk):
            yield piece
    member.finish()


@dataclass(slots=True)
class _Member:
    """The one file of a zip. `size`: packed bytes still to come, None when only the deflated data tell where they end."""

    name: str
    begins: int
    size: int | None
    inflate: "zlib._Decompress | None"
    checksum: int = 0
    tail: bytes = field(default=b"")

    @classmethod
    def of(cls, read: bytes) -> "_Member | None":
        """Read the header of the first member; None: there is more of it to come."""
        if not read.startswith(_MEMBER[: len(read)]):
            raise broken("zip-members", _ONE_MEMBER) if read.startswith(_END) else _no_zip()
        if len(read) < _HEADER.size:
            return None
        _, flags, method, _, packed, _, name_length, extra_length = _HEADER.unpack_from(read)
        begins = _HEADER.size + name_length + extra_length
        if len(read) < begins:
            return None
        name = read[_HEADER.size : _HEADER.size + name_length].decode("utf-8", "replace")
        if flags & _ENCRYPTED or method not in (_STORED, _DEFLATED):
            raise broken(
                "zip-method", "The zip is encrypted or packed in another way: use plain zip or gzip."
            )
        if name.endswith("/"):
            raise broken("zip-members", _ONE_MEMBER)
        if method == _STORED and (flags & _SIZE_LATER or packed == _ZIP64):
            raise broken("zip-method", "The zip does not say how long its file is: pack it, or use gzip.")
        if method == _DEFLATED:
            return cls(name, begins, None, zlib.decompressobj(_RAW_DEFLATE))
        return cls(name, begins, packed, None)

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Unpack a chunk; what stands behind the file is kept to be looked at in the end."""
        for piece in self._stored(chunk) if self.inflate is None else self._inflated(self.inflate, chunk):
            self.checksum = zlib.crc32(piece, self.checksum)
            yield piece
        if len(self.tail) > _LARGEST_TAIL:
            raise broken("zip-members", _ONE_MEMBER)

    def _stored(self, chunk: bytes) -> Iterator[bytes]:
        size = self.size or 0
        self.size = max(0, size - len(chunk))
        self.tail += chunk[size:]
        yield chunk[:size]

    def _inflated(self, inflate: "zlib._Decompress", chunk: bytes) -> Iterator[bytes]:
        if inflate.eof:
            self.tail += chunk
            return
        rest = chunk
        try:
            while rest and not inflate.eof:
                yield inflate.decompress(rest, _PIECE)
                rest = inflate.unconsumed_tail
        except zlib.error:
            raise broken("zip", "The zip is damaged: pack the file and send it again.") from None
        self.tail += inflate.unused_data

    def finish(self) -> None:
        """Look at what stood behind the file: it was whole, unharmed, and the only one. Raises InvalidInput."""
        if (self.inflate is not None and not self.inflate.eof) or self.size:
            raise _cut_off()
        signatures = {self.tail[place : place + 4]: place for place in reversed(_DESCRIPTORS)}
        if _MEMBER in signatures:
            raise broken("zip-members", _ONE_MEMBER)
        place = signatures.get(_DIRECTORY)
        if place is None or _END not in self.tail:
            raise _cut_off()
        _, checksum, _ = _ENTRY.unpack_from(self.tail, place)
        if checksum != self.checksum:
            raise broken("zip", "The zip is damaged: pack the file and send it again.")
