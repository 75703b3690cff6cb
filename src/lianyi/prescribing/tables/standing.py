"""How a signed prescription stands, for whoever holds the paper of it."""

from typing import TYPE_CHECKING
from uuid import UUID

from lianyi.kernel.crypto import sm3
from lianyi.kernel.work import Tx
from lianyi.prescribing.model import Standing, State

if TYPE_CHECKING:
    from asyncpg import Record

STANDING = """SELECT d.id, d.prescription_id, d.text, d.at, d.expires_at, p.institution_id, p.state,
                p.document_id = d.id AS is_newest, r.id AS review_id, r.text AS reviewed
              FROM prescribing.document d
              JOIN prescribing.prescription p ON p.id = d.prescription_id
              LEFT JOIN LATERAL (SELECT id, text FROM prescribing.review
                WHERE document_id = d.id AND decision = 'approve'
                ORDER BY at DESC, id DESC LIMIT 1) r ON true
              WHERE d.id = $1"""


async def find(tx: Tx, document_id: UUID) -> Standing | None:
    row = await tx.db.fetchrow(STANDING, document_id)
    return _standing(row) if row else None


def _standing(row: "Record") -> Standing:
    return Standing(
        prescription_id=row["prescription_id"],
        document_id=row["id"],
        institution_id=row["institution_id"],
        state=State(row["state"]),
        is_newest=row["is_newest"],
        at=row["at"],
        expires_at=row["expires_at"],
        digest=sm3(row["text"].encode()).hex(),
        review_id=row["review_id"],
        review_digest=sm3(row["reviewed"].encode()).hex() if row["review_id"] else "",
    )
