"""The files of an export, written one by one as they are copied, compressed and sealed.

A file is there with its row or not at all: a worker that dies leaves a draft, to be written anew.
"""

import asyncio
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from lianyi.access.model import Desk
from lianyi.kernel import crypto, frames
from lianyi.kernel.crypto import Keys
from lianyi.kernel.work import Tx
from lianyi.records.errors import NoSuchPart
from lianyi.records.fhir.terms import Taking
from lianyi.records.model.parts import Part
from lianyi.records.tables import parts as tables

FOLDER = "bulk"  # below that of the files
ABREAST = 2  # files written at the same time: one is compressed while the other is looked for
TOGETHER = 1024 * 1024  # bytes that go to the disk at once
LEVEL, GZIP = 2, 31  # of zlib


async def plan(tx: Tx, desk: Desk, *, export_id: UUID, taking: Taking) -> None:
    """Lay out the files of an export."""
    await tables.plan(tx, desk, export_id, taking)


async def claim(tx: Tx, *, export_id: UUID) -> list[Part]:
    """Take the next files that are not written yet, and count that they are tried."""
    return await tables.claim(tx, export_id, ABREAST)


async def write(tx: Tx, desk: Desk, *, part: Part, taking: Taking) -> None:
    """Write a file; the disk has it before this returns."""
    key = crypto.new_key()
    packer = Packer(frames.Writer(path_of(tx.files, part.export_id, part.n), _ring(key)))
    try:
        count = await tables.copy(tx, desk, part, taking, packer.take)
        await packer.close()
    finally:
        await packer.abandon()
    await tables.done(tx, part, count=count, size=packer.size, length=packer.length, key=key)


class Packer:
    """Compresses and seals in a thread what comes, while more of it is coming."""

    def __init__(self, writer: frames.Writer) -> None:
        self._writer, self._gzip = writer, zlib.compressobj(LEVEL, wbits=GZIP)
        self._waiting: list[bytes] = []
        self._held = 0
        self._task: asyncio.Task[None] | None = None
        self.length = 0

    @property
    def size(self) -> int:
        return self._writer.size

    async def take(self, content: bytes) -> None:
        self._waiting.append(content)
        self._held += len(content)
        self.length += len(content)
        if self._held >= TOGETHER:
            await self._hand_on()

    async def close(self) -> None:
        await self._hand_on()
        await self._done()
        await asyncio.to_thread(self._end)

    async def abandon(self) -> None:
        """Let go of the draft, once nobody writes to it any more; a closed file stays."""
        if self._task:
            await asyncio.wait([self._task])
        self._writer.abandon()

    async def _hand_on(self) -> None:
        await self._done()
        content, self._waiting, self._held = self._waiting, [], 0
        self._task = asyncio.create_task(asyncio.to_thread(self._pack, content))

    async def _done(self) -> None:
        if self._task:
            await self._task

    def _pack(self, content: list[bytes]) -> None:
        self._writer.write(self._gzip.compress(b"".join(content)))

    def _end(self) -> None:
        self._writer.write(self._gzip.flush())
        self._writer.close()


@dataclass(frozen=True, slots=True)
class Content:
    """A file of an export that is written, for the answer to who may have it."""

    part: Part
    path: Path
    keys: Keys

    def packed(self, first: int) -> Iterator[bytes]:
        """Yield the compressed file from a byte on."""
        return frames.read(self.path, self.keys, first)

    def lines(self, first: int) -> Iterator[bytes]:
        """Yield what is in it from a byte on."""
        unzip = zlib.decompressobj(wbits=GZIP)
        for piece in frames.read(self.path, self.keys, 0):
            content = unzip.decompress(piece)
            if len(content) > first:
                yield content[first:]
            first = max(0, first - len(content))


async def content(tx: Tx, *, export_id: UUID, n: int) -> Content:
    """Return a written file of an export whose door the caller has opened.

    :raises NoSuchPart:
    """
    key = await tables.find_key(tx, export_id, n)
    if key is None:
        raise NoSuchPart(n=n)
    part = next(one for one in await tables.list_of(tx, export_id) if one.n == n)
    return Content(part, path_of(tx.files, export_id, n), _ring(key))


def remove(folder: Path, export_id: UUID) -> None:
    """Leave nothing of an export on the disk."""
    shutil.rmtree(folder / FOLDER / export_id.hex, ignore_errors=True)


def path_of(folder: Path, export_id: UUID, n: int) -> Path:
    return folder / FOLDER / export_id.hex / f"{n}.gz"


def _ring(key: bytes) -> Keys:
    return Keys({1: key}, index=b"")
