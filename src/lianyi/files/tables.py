"""Every statement files sends to the database, and its bytes on the disk. Private to this package.

A tenant's key lies in the database, sealed with the installation's key: changing that one seals the
tenants' keys anew and no file.
"""

import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from lianyi.access.model import Chart, Sensitive
from lianyi.files.model import File, Kind
from lianyi.kernel import crypto
from lianyi.kernel.crypto import Keys
from lianyi.kernel.work import Tx

if TYPE_CHECKING:
    from asyncpg import Record

FIRST = 1
COLUMNS = """f.id, f.owner_id, f.institution_id, f.kind, f.digest, f.size, f.width, f.height,
             f.classes, f.post_id, f.at"""
INSERT = """INSERT INTO files.file (id, owner_id, institution_id, kind, digest, size, width, height,
              classes, post_id, at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"""
TENANT_KEYS = "SELECT version, sealed FROM files.tenant_key WHERE institution_id = $1"
NEW_TENANT_KEY = """INSERT INTO files.tenant_key (institution_id, version, sealed)
                    VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"""


async def insert(tx: Tx, file: File) -> None:
    await tx.db.execute(
        INSERT,
        file.id,
        file.owner_id,
        file.institution_id,
        file.kind,
        file.digest,
        file.size,
        file.width,
        file.height,
        sorted(file.classes),
        file.post_id,
        file.at,
    )


async def list_by_id(tx: Tx, chart: Chart, ids: Sequence[UUID]) -> list[File]:
    admits = chart.admits(
        holder="f.institution_id", at_time="f.at", classes="f.classes", released="TRUE", at=3
    )
    rows = await tx.db.fetch(
        f"""SELECT {COLUMNS} FROM files.file f
            WHERE f.id = ANY ($1) AND f.owner_id = $2 AND {admits}""",
        list(ids),
        chart.person_id,
        *chart.args,
    )
    return [_file(row) for row in rows]


async def tenant_keys(tx: Tx, institution_id: UUID) -> Keys | None:
    """Return the ring of a tenant's keys, or None before its first file."""
    rows = await tx.db.fetch(TENANT_KEYS, institution_id)
    if not rows:
        return None
    return Keys({row["version"]: tx.keys.open(row["sealed"]) for row in rows}, index=b"")


async def make_tenant_key(tx: Tx, institution_id: UUID) -> None:
    """Draw a tenant's first key, unless somebody else just did."""
    sealed = tx.keys.seal(crypto.new_key())
    await tx.db.execute(NEW_TENANT_KEY, institution_id, FIRST, sealed)


def path_of(folder: Path, institution_id: UUID, digest: bytes) -> Path:
    name = digest.hex()
    return folder / institution_id.hex / name[:2] / name


def write(path: Path, content: bytes, keys: Keys) -> None:
    """Put content on the disk, sealed, and return when it would outlive a power cut.

    What lies there already is kept only if it opens: its key may have gone with a rollback.
    """
    _make_folders(path.parent)
    if read(path, keys, sha256(content).digest()) is not None:
        _sync(path.parent)
        return
    draft = path.with_name(f"{path.name}.{os.getpid()}.{crypto.token()}")
    with draft.open("xb") as out:
        out.write(keys.seal(content))
        out.flush()
        os.fsync(out.fileno())
    draft.replace(path)
    _sync(path.parent)


def read(path: Path, keys: Keys, digest: bytes) -> bytes | None:
    """Return what was kept, or None when it is gone or is not that any more."""
    try:
        content = keys.open(path.read_bytes())
    except (FileNotFoundError, crypto.Tampered):
        return None
    return content if sha256(content).digest() == digest else None


def _make_folders(folder: Path) -> None:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for each in missing:
        _sync(each.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _file(row: "Record") -> File:
    classes = frozenset(Sensitive(each) for each in row["classes"])
    return File(**{**row, "kind": Kind(row["kind"]), "classes": classes})
