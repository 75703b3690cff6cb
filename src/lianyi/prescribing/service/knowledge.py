"""A named pharmacist answers for the knowledge base before anything is signed on its word."""

from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people.model import PHARMACIST
from lianyi.prescribing.errors import KnowledgeNotApproved
from lianyi.prescribing.model import Approval
from lianyi.prescribing.service import steps
from lianyi.prescribing.tables import knowledge
from lianyi.terminology import queries as terminology


async def approve_knowledge(tx: Tx, *, version: str, note: str) -> Approval:
    """Approve a release for the acting pharmacist's institution, in their own name.

    :raises NoSuchRelease, ReasonMissing, WrongRole:
    """
    if tx.actor.role != PHARMACIST:
        raise WrongRole(verb="approve_knowledge", role=tx.actor.role)
    steps.check_reason(note)
    release = terminology.release(version)
    me = tx.actor
    approval = Approval(
        institution_id=me.institution_id,
        version=release.version,
        post_id=me.post_id,
        person_id=me.person_id,
        note=note.strip(),
        at=tx.now,
    )
    await knowledge.insert_approval(tx, approval)
    return approval


async def check_knowledge(tx: Tx) -> None:
    """Refuse to go on with a release nobody here has approved.

    :raises KnowledgeNotApproved:
    """
    version = terminology.release().version
    approved = await knowledge.list_approvals(tx, tx.actor.institution_id)
    if version not in {each.version for each in approved}:
        raise KnowledgeNotApproved(version=version)
