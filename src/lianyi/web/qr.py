"""Lays out QR codes quickly: a phone draws its card's anew at each look (ISO/IEC 18004).

Codes of one kind and length differ in their data only. segno lays out one of them, whose frame is
kept; each code is then its codewords, put to their places.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import cycle, islice, zip_longest
from operator import itemgetter
from typing import Any

import segno
from segno import consts, encoder

SIGNS = {sign: n for n, sign in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")}
ALPHANUMERIC, BYTES = 0b0010, 0b0100
SPECIMENS = {ALPHANUMERIC: "A", BYTES: "a"}
COUNTS = {ALPHANUMERIC: (9, 11), BYTES: (8, 16)}  # bits that say how long a text is
LARGE = 10  # the first version with the longer count
END = 4  # bits of nothing, before what is left is filled
FILL = (0b11101100, 0b00010001)
MASK = 3  # what we encode is as good as random, so weighing all eight gains nothing
TIMING = 6  # the column that no data stands in
UNSET = 2  # what segno calls a module that data will stand in
KNOWN = 64  # frames that are kept
REST = 8  # at least as many bits as a code has modules left over

Block = tuple[int, int]  # how many codewords of data, and of error correction
Place = tuple[int, int]
_drawing: Any = encoder  # says no types of its own
_tables: Any = consts


@dataclass(frozen=True, slots=True)
class Frame:
    """What codes share. `pick` takes each module, row by row, from the bits of the message."""

    size: int
    count: int
    blocks: tuple[Block, ...]
    mask: int
    pick: Callable[[str], Sequence[str]]

    @property
    def data(self) -> int:
        return sum(data for data, _ in self.blocks)

    @property
    def bits(self) -> int:
        return sum(map(sum, self.blocks)) * 8 + REST


def rows(payload: str) -> list[str]:
    """Return the rows of a code, each of dark (1) and light (0) modules, without a quiet zone."""
    text = payload.encode()
    kind = ALPHANUMERIC if SIGNS.keys() >= set(payload) else BYTES
    frame = _frame(kind, len(text))
    words = _dealt(frame, _data(frame, kind, text))
    message = int.from_bytes(words, "big") << REST ^ frame.mask
    drawn = "".join(frame.pick(f"{message:0{frame.bits}b}01"))
    return [drawn[at : at + frame.size] for at in range(0, len(drawn), frame.size)]


@lru_cache(maxsize=KNOWN)
def _frame(kind: int, length: int) -> Frame:
    code: Any = segno.make(SPECIMENS[kind] * length, error="m", micro=False, mask=MASK)
    size, version = len(code.matrix), code.version
    blocks = tuple(_blocks(version, getattr(_tables, f"ERROR_LEVEL_{code.error}")))
    path = list(way(size))
    masked = "".join("01"[(i + j) % 3 == 0] for i, j in path)
    return Frame(
        size=size,
        count=COUNTS[kind][version >= LARGE],
        blocks=blocks,
        mask=int(masked, 2) << sum(map(sum, blocks)) * 8 + REST - len(path),
        pick=itemgetter(*_sources(code.matrix, path)),
    )


def _sources(matrix: Sequence[Sequence[int]], path: Sequence[Place]) -> Iterator[int]:
    """Yield where each module comes from: the message, or the light or the dark one behind it."""
    message = {place: n for n, place in enumerate(path)}
    for i, row in enumerate(matrix):
        yield from (message.get((i, j), dark - 2) for j, dark in enumerate(row))


def _blocks(version: int, level: int) -> Iterator[Block]:
    for each in _tables.ECC[version][level]:
        yield from [(each.num_data, each.num_total - each.num_data)] * each.num_blocks


def way(size: int) -> Iterator[Place]:
    """Go the way of the data: in columns of two from the right, up and down in turn."""
    plan = _drawing.make_matrix(size, size)
    _drawing.add_finder_patterns(plan, size, size)
    _drawing.add_alignment_patterns(plan, size, size)
    turn = cycle((range(size - 1, -1, -1), range(size)))
    for right in (*range(size - 1, TIMING, -2), *range(TIMING - 1, 0, -2)):
        for i in next(turn):
            yield from ((i, j) for j in (right, right - 1) if plan[i][j] == UNSET)


def _data(frame: Frame, kind: int, text: bytes) -> bytes:
    """Return the codewords of a text, filled up to those of its frame."""
    said, long = _signs(text.decode()) if kind == ALPHANUMERIC else _bytes(text)
    value, bits = (kind << frame.count | len(text)) << long | said, 4 + frame.count + long
    whole = min(-(-(bits + END) // 8), frame.data)
    words = (value << whole * 8 - bits).to_bytes(whole, "big")
    return words + bytes(islice(cycle(FILL), frame.data - whole))


def _bytes(text: bytes) -> tuple[int, int]:
    return int.from_bytes(text, "big"), len(text) * 8


def _signs(text: str) -> tuple[int, int]:
    """Return two signs each in eleven bits, and one that is left in six."""
    said = 0
    for first, second in zip(text[::2], text[1::2], strict=False):
        said = said << 11 | SIGNS[first] * 45 + SIGNS[second]
    pairs, left = divmod(len(text), 2)
    return (said << 6 | SIGNS[text[-1]] if left else said), pairs * 11 + left * 6


def _dealt(frame: Frame, words: bytes) -> bytes:
    """Return the codewords of all blocks with their error correction, dealt out in turn."""
    left = iter(words)
    blocks = [(bytes(islice(left, data)), errors) for data, errors in frame.blocks]
    dealt = (
        *zip_longest(*(data for data, _ in blocks)),
        *zip_longest(*(_errors(data, errors) for data, errors in blocks)),
    )
    return bytes(word for turn in dealt for word in turn if word is not None)


def _errors(data: bytes, count: int) -> bytes:
    """Return the error correction of a block: what is left of it, divided by the generator."""
    table, top = _remainders(count), 8 * (count - 1)
    rest = 0
    for word in data:
        rest = (rest & (1 << top) - 1) << 8 ^ table[rest >> top ^ word]
    return rest.to_bytes(count, "big")


@lru_cache
def _remainders(count: int) -> tuple[int, ...]:
    """Return what each word in front leaves when the generator is taken from it."""
    power, log, generator = _tables.GALIOS_EXP, _tables.GALIOS_LOG, _tables.GEN_POLY[count]
    times = (bytes(power[log[word] + each] for each in generator) for word in range(1, 256))
    return (0, *(int.from_bytes(each, "big") for each in times))
