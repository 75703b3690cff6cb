"""Files that an institution's own system brings in bulk: kept sealed as they come, read in order.

A file comes in as many segments as its sender needs. What is read of it is told by the row that is
written with what it brought, so that a worker that dies takes nothing in twice.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from lianyi.kernel import crypto, frames
from lianyi.kernel.crypto import Keys
from lianyi.kernel.lifecycle import advance, begin
from lianyi.kernel.work import Tx
from lianyi.records.errors import (
    BrokenDelivery,
    DeliveryFull,
    ManyImports,
    NothingBrought,
    OtherOffset,
)
from lianyi.records.fhir import bundles
from lianyi.records.model import Finding, Parcel, Refusal, Resource
from lianyi.records.model.bringing import Bringing, BringingState, Delivered, Piece, Tally
from lianyi.records.service.bringing import unpack
from lianyi.records.states import BRINGING
from lianyi.records.tables import bringing as tables

FOLDER = "bring"  # below that of the files
MOST = 1  # under way at once, of one app
MOST_SIZE = 10 * 1024**3  # bytes of one file, as it comes
LINES, BLOCK = 500, 4 * 1024**2  # lines, and about as many bytes, in one transaction
LONGEST = 10 * 1024**2  # bytes of a line, as of a body that comes over HTTP
GZIP, UNZIP = b"\x1f\x8b", 31
NO_JSON = (Finding("structure", "$this"),)


@dataclass(frozen=True, slots=True)
class Block:
    """Some lines of a file, and where in what it holds they end."""

    raw: bytes
    place: int


async def ask(tx: Tx) -> UUID:
    """Begin to bring something.

    :raises ManyImports, WrongRole:
    """
    await tx.alone(tx.actor.institution_id, f"import/{tx.actor.app_id}")
    if await tables.count_open(tx) >= MOST:
        raise ManyImports(most=MOST)
    id, who = tx.new_id(tx.actor.institution_id), tx.actor
    row = {
        "app_id": who.app_id,
        "institution_id": who.institution_id,
        "approval_id": who.post_id,
        "scopes": list(who.scopes),
        "asked_at": tx.now,
    }
    await begin(tx, BRINGING, id, "ask", row=row)
    return id


async def check_offset(tx: Tx, *, import_id: UUID, name: str, first: int | None) -> int:
    """Return where a file goes on, which must be where its sender goes on.

    :raises NoSuchImport, OtherOffset, DeliveryFull, WrongState:
    """
    one = await tables.load(tx, import_id)
    if one.state is not BringingState.OPEN:
        await advance(tx, BRINGING, import_id, "start")  # says why not
    offset = await tables.size_of(tx, import_id, name)
    if first is not None and first != offset:
        raise OtherOffset(offset=offset)
    if offset >= MOST_SIZE:
        raise DeliveryFull(most=MOST_SIZE)
    return offset


async def keep(tx: Tx, *, import_id: UUID, name: str, piece: Piece) -> int:
    """Add to a file what the disk has already, and return where it goes on.

    :raises NoSuchImport, OtherOffset, WrongState:
    """
    await tables.lock(tx, import_id)
    await check_offset(tx, import_id=import_id, name=name, first=piece.first)
    await tables.add(tx, import_id, name, piece)
    return piece.first + piece.size


def writer(folder: Path, import_id: UUID, key: bytes) -> frames.Writer:
    """Return what seals a segment on the disk; its name is told by its key alone."""
    return frames.Writer(_path(folder, import_id, key), Keys({1: key}, index=b""))


async def start(tx: Tx, *, import_id: UUID) -> None:
    """Take in what has come. Raises NoSuchImport, NothingBrought, WrongState."""
    await tables.load(tx, import_id)
    if not await tables.list_files(tx, import_id):
        raise NothingBrought
    await advance(tx, BRINGING, import_id, "start")


async def cancel(tx: Tx, *, import_id: UUID) -> None:
    """Take nothing more in; what has entered stays. Raises NoSuchImport, WrongState."""
    await tables.load(tx, import_id)
    await advance(tx, BRINGING, import_id, "cancel")
    await tables.end(tx, import_id)


async def end(tx: Tx, *, import_id: UUID, verb: str) -> None:
    """End one that is running: `finish`, `fail` or `cancel`. Raises WrongState."""
    await advance(tx, BRINGING, import_id, verb)
    await tables.end(tx, import_id)


async def count_try(tx: Tx, *, import_id: UUID) -> int:
    """Return how often one was begun without anything having entered since."""
    return await tables.count_try(tx, import_id)


async def sources(tx: Tx, *, bringing: Bringing, file: Delivered) -> list[tuple[Path, Keys]]:
    """Return the segments of a file as they lie on the disk."""
    found = await tables.list_pieces(tx, bringing.id, file.name)
    return [(_path(tx.files, bringing.id, one.key), Keys({1: one.key}, index=b"")) for one in found]


def blocks(found: Sequence[tuple[Path, Keys]], place: int) -> Iterator[Block]:
    """Yield what a file holds from a place on, in whole lines. Takes long: give it to a thread.

    :raises BrokenDelivery: it is cut off, no gzip after all, or a line is too long.
    """
    lines: list[bytes] = []
    size = 0
    for line in _lines(_content(found), place):
        lines.append(line)
        size += len(line)
        if len(lines) >= LINES or size >= BLOCK:
            place += size
            yield Block(b"".join(lines), place)
            lines, size = [], 0
    if lines:
        yield Block(b"".join(lines), place + size)


def unpack_lines(raw: bytes, *, holder_id: UUID, zone: ZoneInfo) -> Parcel:
    """Check lines as `unpack` does; a line that is no JSON is refused by itself."""
    parcel = unpack(raw, holder_id=holder_id, zone=zone)
    if parcel is not None:
        return parcel
    lines = [line for line in raw.splitlines() if line.strip()]
    good = [line for line in lines if bundles.is_json(line)]
    bad = tuple(Refusal("", "", NO_JSON) for _ in range(len(lines) - len(good)))
    found = unpack(b"\n".join(good), holder_id=holder_id, zone=zone) if good else None
    if found is None:
        return Parcel(b"", len(bad), (), (), bad)
    return replace(found, read=found.read + len(bad), refused=(*found.refused, *bad))


async def took(
    tx: Tx,
    *,
    import_id: UUID,
    file: Delivered,
    place: int,
    tally: Tally,
    refused: Sequence[Refusal],
) -> None:
    """Write down what became of some lines, in the transaction in which they entered."""
    await tables.insert_refusals(tx, import_id, file.name, refused)
    await tables.count(tx, import_id, tally)
    await tables.set_place(tx, import_id, file.name, place, is_whole=False)


async def whole(tx: Tx, *, import_id: UUID, file: Delivered, place: int) -> None:
    """Note that all of a file was read."""
    await tables.set_place(tx, import_id, file.name, place, is_whole=True)


async def own_acts(tx: Tx, *, resources: Sequence[Resource]) -> set[tuple[str, str]]:
    """Return which of these would change what no app has brought."""
    return await tables.list_own_acts(tx, resources)


async def tidied(tx: Tx, *, ids: Sequence[UUID]) -> None:
    """Note that nothing is left of imports on the disk."""
    for id in ids:
        await tables.tidied(tx, id)


def _content(found: Sequence[tuple[Path, Keys]]) -> Iterator[bytes]:
    """Yield what a file holds, unzipped where it is zipped; zipped parts may follow one another."""
    pieces = (piece for path, keys in found for piece in frames.read(path, keys, 0))
    first = next(pieces, b"")
    whole = chain([first], pieces)
    return _unzipped(whole) if first.startswith(GZIP) else whole


def _unzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    unzip, is_open = zlib.decompressobj(wbits=UNZIP), False
    for piece in pieces:
        rest = piece
        while rest:
            is_open = True
            try:
                yield unzip.decompress(rest, BLOCK)
            except zlib.error as wrong:
                raise BrokenDelivery from wrong
            rest = unzip.unconsumed_tail
            if unzip.eof:
                rest, unzip, is_open = unzip.unused_data, zlib.decompressobj(wbits=UNZIP), False
    if is_open:  # cut off
        raise BrokenDelivery


def _lines(content: Iterator[bytes], place: int) -> Iterator[bytes]:
    rest, skip = b"", place
    for piece in content:
        taken = piece[skip:]
        skip = max(0, skip - len(piece))
        *whole_lines, rest = (rest + taken).split(b"\n")
        yield from (line + b"\n" for line in whole_lines)
        if len(rest) > LONGEST:
            raise BrokenDelivery
    if rest:
        yield rest


def _path(folder: Path, import_id: UUID, key: bytes) -> Path:
    return folder / FOLDER / import_id.hex / crypto.sm3(key).hex()[:32]
