"""Which release of the knowledge base was approved here, and by whom."""

from uuid import UUID

from lianyi.kernel.work import Tx
from lianyi.prescribing.model import Approval

# Who was faster stays named: approving twice is no trouble.
INSERT_APPROVAL = """INSERT INTO prescribing.approval
                       (institution_id, version, post_id, person_id, note, at)
                     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"""
APPROVALS = """SELECT institution_id, version, post_id, person_id, note, at
               FROM prescribing.approval WHERE institution_id = $1 ORDER BY at DESC"""


async def insert_approval(tx: Tx, approval: Approval) -> None:
    await tx.db.execute(
        INSERT_APPROVAL,
        approval.institution_id,
        approval.version,
        approval.post_id,
        approval.person_id,
        approval.note,
        approval.at,
    )


async def list_approvals(tx: Tx, institution_id: UUID) -> list[Approval]:
    return [Approval(**row) for row in await tx.db.fetch(APPROVALS, institution_id)]
