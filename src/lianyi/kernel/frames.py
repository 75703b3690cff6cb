"""A large file on the disk, sealed piece by piece, so that one may read on from anywhere in it.

Each piece says its place in what is sealed: pieces that were swapped do not open as each other.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from lianyi.kernel.crypto import KEY_ID, NONCE, TAG, Keys, Tampered

PIECE = 256 * 1024  # bytes of what is kept in one piece
PLACE = 8
SEALED = KEY_ID + NONCE + PLACE + PIECE + TAG


class Writer:
    """Writes a file from its beginning; nothing is there under its name until it is closed."""

    def __init__(self, path: Path, keys: Keys) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path, self._keys = path, keys
        self._draft = path.with_suffix(".draft")
        self._file = self._draft.open("wb")
        self._rest = bytearray()
        self._pieces = 0
        self.size = 0

    def write(self, content: bytes) -> None:
        self._rest += content
        self.size += len(content)
        while len(self._rest) >= PIECE:
            self._seal(bytes(self._rest[:PIECE]))
            del self._rest[:PIECE]

    def close(self) -> None:
        """Put the file in its place, and return when it would outlive a power cut."""
        if self._rest:
            self._seal(bytes(self._rest))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._draft.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def abandon(self) -> None:
        self._file.close()

    def _seal(self, piece: bytes) -> None:
        place = self._pieces.to_bytes(PLACE, "big")
        self._file.write(self._keys.seal(place + piece))
        self._pieces += 1


def read(path: Path, keys: Keys, first: int) -> Iterator[bytes]:
    """Yield what is kept from a byte on.

    :raises Tampered, FileNotFoundError:
    """
    place, skipped = divmod(first, PIECE)
    with path.open("rb") as file:
        file.seek(place * SEALED)
        while sealed := file.read(SEALED):
            opened = keys.open(sealed)
            if opened[:PLACE] != place.to_bytes(PLACE, "big"):
                raise Tampered
            yield opened[PLACE + skipped :]
            place, skipped = place + 1, 0
