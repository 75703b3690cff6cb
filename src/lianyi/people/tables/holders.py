"""Persons of another register, by COPY."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from lianyi.kernel import bulk
from lianyi.kernel.work import Tx
from lianyi.people.errors import HasCard
from lianyi.people.model import Identity, Proof
from lianyi.people.tables.registry import id_index


async def copy_persons(
    tx: Tx, identities: Sequence[Identity], phones: Sequence[str | None], proof: Proof
) -> list[UUID]:
    """Bring in persons who are new, each at once.

    :raises HasCard: if one of the numbers is registered; nobody is brought in.
    """
    rows: dict[UUID, dict[str, object]] = {
        (id := tx.new_id()): {
            "id": id,
            "name": identity.name,
            "sex": identity.sex,
            "birth_date": identity.birth_date,
            "id_type": identity.id_type,
            "id_number": tx.keys.seal_text(identity.number),
            "id_index": id_index(tx, identity),
            "phone": phone and tx.keys.seal_text(phone),
            "proof": proof,
            "registered_at": tx.now,
        }
        for identity, phone in zip(identities, phones, strict=True)
    }
    try:
        await bulk.copy(tx.db, "people.person", list(rows.values()))
    except asyncpg.UniqueViolationError as taken:
        raise HasCard from taken
    return list(rows)
