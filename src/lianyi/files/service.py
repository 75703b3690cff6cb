"""Keeping a file. Callers open the transaction; nothing here commits."""

import asyncio
from hashlib import sha256
from uuid import UUID

from lianyi.access.model import Sensitive
from lianyi.files import rules, tables
from lianyi.files.errors import BrokenFile, TooBig, UnknownType
from lianyi.files.model import Cleaned, File, Kind
from lianyi.kernel.crypto import Keys
from lianyi.kernel.work import Tx

NOTHING: frozenset[Sensitive] = frozenset()


async def keep(
    tx: Tx,
    *,
    owner_id: UUID,
    content: bytes,
    holder_id: UUID | None = None,
    classes: frozenset[Sensitive] = NOTHING,
) -> File:
    """Keep a picture or a PDF of a person; the disk has it before this returns.

    The acting institution keeps it, unless another is named: a resident acts for none.

    :raises UnknownType, TooBig, BrokenFile:
    """
    cleaned = await asyncio.to_thread(_cleaned, content)
    holder, digest = holder_id or tx.actor.institution_id, sha256(cleaned.content).digest()
    file = File(
        id=tx.new_id(owner_id),
        owner_id=owner_id,
        institution_id=holder,
        kind=cleaned.kind,
        digest=digest,
        size=len(cleaned.content),
        width=cleaned.width,
        height=cleaned.height,
        classes=classes,
        post_id=tx.actor.post_id,
        at=tx.now,
    )
    keys, path = await _keys(tx, holder), tables.path_of(tx.files, holder, digest)
    await asyncio.to_thread(tables.write, path, cleaned.content, keys)
    await tables.insert(tx, file)
    return file


async def _keys(tx: Tx, institution_id: UUID) -> Keys:
    keys = await tables.tenant_keys(tx, institution_id)
    if keys is not None:
        return keys
    await tables.make_tenant_key(tx, institution_id)
    made = await tables.tenant_keys(tx, institution_id)
    assert made is not None  # noqa: S101 - it was there, or has just been made
    return made


def _cleaned(content: bytes) -> Cleaned:
    kind = rules.kind_of(content)
    if kind is None:
        raise UnknownType
    if rules.is_too_long(content) or (kind.is_picture and rules.has_too_many_pixels(content)):
        raise TooBig(megabytes=rules.MEGABYTES, megapixels=rules.MEGAPIXELS)
    if kind is Kind.PDF:
        cleaned = Cleaned(kind, content) if rules.is_whole_pdf(content) else None
    else:
        cleaned = rules.redrawn(content, kind)
    if cleaned is None:
        raise BrokenFile
    return cleaned
