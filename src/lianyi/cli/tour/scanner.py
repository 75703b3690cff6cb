"""Reads a QR code off a page, as a scanner at a counter reads it off a phone (ISO/IEC 18004).

A code drawn by a machine has no dirt on it, so that its error correction is left aside.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from segno import consts, encoder

from lianyi.cli.tour.page import Page
from lianyi.web import qr

DRAWN = re.compile(r'<path stroke="#000" d="([^"]+)"')
MOVE = re.compile(r"([Mmh])(-?[\d.]+)(?: ?(-?[\d.]+))?")
FORMAT_MASK = 0b10101
LEVELS = {0: "M", 1: "L", 2: "H", 3: "Q"}
NUMERIC, ALPHANUMERIC, BYTES = 1, 2, 4
SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
LONG = 10  # versions from which on a text's length takes more bits

Matrix = Sequence[Sequence[int]]
_drawing: Any = encoder  # says no types of its own
_tables: Any = consts


class NoCode(Exception):
    """The page shows no code that a scanner could read."""


def read(page: Page) -> str:
    """Return the text of the first code on the page.

    :raises NoCode:
    """
    found = DRAWN.search(page.html)
    if found is None:
        raise NoCode(f"{page.url}: {page.words[:200]}")
    return text_of(_matrix(found[1]))


def text_of(matrix: Matrix) -> str:
    """Return what a code says, row by row of dark (1) and light (0) modules."""
    version = (len(matrix) - 17) // 4
    level, mask = _format(matrix)
    bits = _Bits(_data(_codewords(matrix, mask), version, level))
    kind = bits.take(4)
    return "".join(_READERS[kind](bits, version))


def _matrix(path: str) -> Matrix:
    """Fill in the strokes of the drawing: each is a run of dark modules."""
    dark = list(_runs(path))
    left, top = min(x for x, _, _ in dark), min(y for _, y, _ in dark)
    size = max(y for _, y, _ in dark) - top + 1
    rows = [bytearray(size) for _ in range(size)]
    for x, y, long in dark:
        rows[y - top][x - left : x - left + long] = b"\1" * long
    return rows


def _runs(path: str) -> Iterator[tuple[int, int, int]]:
    """Yield where each stroke begins and how long it is."""
    x = y = 0.0
    for kind, first, second in MOVE.findall(path):
        if kind == "h":
            yield int(x), int(y), int(first)
            x += float(first)
        elif kind == "m":
            x, y = x + float(first), y + float(second or 0)
        else:
            x, y = float(first), float(second)


def _format(matrix: Matrix) -> tuple[str, int]:
    """Return the level of error correction and the mask, as the code itself says."""
    said = int("".join(str(bit) for bit in matrix[8][:5]), 2) ^ FORMAT_MASK
    return LEVELS[said >> 3], said & 0b111


def _codewords(matrix: Matrix, mask: int) -> list[int]:
    masked = _drawing.get_data_mask_functions(is_micro=False)[mask]
    bits = [matrix[i][j] ^ int(masked(i, j)) for i, j in qr.way(len(matrix))]
    return [_number(bits[n : n + 8]) for n in range(0, len(bits) - 7, 8)]


def _data(codewords: Sequence[int], version: int, level: str) -> list[int]:
    """Put the blocks, whose codewords are dealt out in turn, one behind the other."""
    infos = _tables.ECC[version][getattr(_tables, f"ERROR_LEVEL_{level}")]
    sizes = [info.num_data for info in infos for _ in range(info.num_blocks)]
    blocks: list[list[int]] = [[] for _ in sizes]
    dealt = iter(codewords)
    for n in range(max(sizes)):
        for block, size in zip(blocks, sizes, strict=True):
            if n < size:
                block.append(next(dealt))
    return [word for block in blocks for word in block]


class _Bits:
    def __init__(self, words: Sequence[int]) -> None:
        self._bits = [word >> n & 1 for word in words for n in range(7, -1, -1)]
        self._at = 0

    def take(self, count: int) -> int:
        self._at += count
        return _number(self._bits[self._at - count : self._at])


def _number(bits: Sequence[int]) -> int:
    return sum(bit << n for n, bit in enumerate(reversed(bits)))


def _bytes(bits: _Bits, version: int) -> str:
    count = bits.take(8 if version < LONG else 16)
    return bytes(bits.take(8) for _ in range(count)).decode()


def _signs(bits: _Bits, version: int) -> Iterator[str]:
    count = bits.take(9 if version < LONG else 11)
    for _ in range(count // 2):
        pair = bits.take(11)
        yield SIGNS[pair // 45] + SIGNS[pair % 45]
    if count % 2:
        yield SIGNS[bits.take(6)]


def _digits(bits: _Bits, version: int) -> Iterator[str]:
    count = bits.take(10 if version < LONG else 12)
    for _ in range(count // 3):
        yield f"{bits.take(10):03d}"
    if rest := count % 3:
        yield f"{bits.take(3 * rest + 1):0{rest}d}"


_READERS: dict[int, Callable[[_Bits, int], Iterable[str]]] = {
    NUMERIC: _digits,
    ALPHANUMERIC: _signs,
    BYTES: _bytes,
}
