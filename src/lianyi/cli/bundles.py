"""A file of FHIR resources, bundle by bundle: one JSON, NDJSON, gzipped, or an archive of these."""

import gzip
import tarfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO

LINES = 500  # of an NDJSON file, in one transaction
GZIP = b"\x1f\x8b"

Progress = Callable[[int], None]


def bundles(file: Path, progress: Progress) -> Iterator[bytes]:
    """Read a file bundle by bundle, saying how many bytes of it were read."""
    seen = 0
    with file.open("rb") as raw:
        for bundle in _unpacked(file, raw):
            yield bundle
            progress(raw.tell() - seen)
            seen = raw.tell()


def _unpacked(file: Path, raw: IO[bytes]) -> Iterator[bytes]:
    if tarfile.is_tarfile(file):
        yield from _members(raw)
    elif raw.read(len(GZIP)) == GZIP:
        raw.seek(0)
        with gzip.open(raw) as content:
            yield from _documents(content, file.with_suffix("").suffix)
    else:
        raw.seek(0)
        yield from _documents(raw, file.suffix)


def _members(raw: IO[bytes]) -> Iterator[bytes]:
    with tarfile.open(fileobj=raw, mode="r|*") as archive:
        for member in archive:
            suffix = Path(member.name).suffix
            content = archive.extractfile(member) if member.isfile() else None
            if content and suffix in {".json", ".ndjson"}:
                yield from _documents(content, suffix)


def _documents(content: IO[bytes] | gzip.GzipFile, suffix: str) -> Iterator[bytes]:
    if suffix != ".ndjson":
        yield content.read()
        return
    while lines := list(islice(content, LINES)):
        yield b"".join(lines)
