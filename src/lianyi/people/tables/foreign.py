"""Whom hospitals' own systems know, and which identity card they say somebody has."""

from uuid import UUID

from lianyi.kernel.work import Tx
from lianyi.people.model import Identity, Proof
from lianyi.people.tables.registry import id_index

KNOW_AS = """INSERT INTO people.known_as (id_index, person_id, resident_index, institution_id, at)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (id_index) DO UPDATE SET resident_index = excluded.resident_index
             WHERE known_as.resident_index <> excluded.resident_index"""
# Who was brought under a number, and can be who has the document: alive, as far as anybody knows.
CLAIMED = """SELECT k.person_id FROM people.known_as k JOIN people.person f ON f.id = k.person_id
             WHERE k.resident_index = $1 AND f.id_type = 'foreign' AND f.died_on IS NULL
               AND replace(f.name, ' ', '') = replace($2, ' ', '')
               AND f.birth_date = $3 AND f.sex = ANY (ARRAY[$4, 'unknown'])
             ORDER BY k.at, k.person_id LIMIT 1"""
ADOPT = f"""UPDATE people.person p SET id_index = $1, name = $2, birth_date = $3, sex = $4,
              id_type = $5, id_number = $6, phone = coalesce($7, phone), proof = $8
            WHERE p.id = ({CLAIMED})
              AND NOT EXISTS (SELECT FROM people.person o WHERE o.id_index = $1)
            RETURNING p.id"""


async def find_known_as(tx: Tx, own: Identity) -> UUID | None:
    """Return who an institution's system calls by a number, and says has an identity card."""
    id: UUID | None = await tx.db.fetchval(
        "SELECT person_id FROM people.known_as WHERE id_index = $1", id_index(tx, own)
    )
    return id


async def know_as(tx: Tx, own: Identity, person_id: UUID, card: Identity) -> None:
    """Note whose card it is said to be, and what a later file corrects; a join stays as it is."""
    here = tx.actor.institution_id
    await tx.db.execute(KNOW_AS, id_index(tx, own), person_id, id_index(tx, card), here, tx.now)


async def adopt(tx: Tx, identity: Identity, *, phone: str | None, proof: Proof) -> UUID | None:
    """Give the document to who was brought under it, unless somebody has it already."""
    seal = tx.keys.seal_text
    id: UUID | None = await tx.db.fetchval(
        ADOPT,
        *_document(tx, identity),
        identity.id_type,
        seal(identity.number),
        phone and seal(phone),
        proof,
    )
    return id


def _document(tx: Tx, identity: Identity) -> tuple[object, ...]:
    return (id_index(tx, identity), identity.name, identity.birth_date, identity.sex)
