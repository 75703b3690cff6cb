"""What pharmacists do with a signed prescription: read it, approve it, or send it back.

An approval counts when the pharmacist's signature has come; until then nobody else may review it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from lianyi.access.model import Chart
from lianyi.kernel import profile
from lianyi.kernel.crypto import sm3
from lianyi.kernel.work import Tx
from lianyi.prescribing import events, tables
from lianyi.prescribing.errors import (
    ItemsFailed,
    OtherDocument,
    OwnPrescription,
    TakenByOther,
    Unanswered,
)
from lianyi.prescribing.model import Prescription, State
from lianyi.prescribing.model.review import Claim, Decision, Opinion, Review, Suggested
from lianyi.prescribing.rules import may_review
from lianyi.prescribing.rules import review as rules
from lianyi.prescribing.service import steps
from lianyi.prescribing.tables import review as reviews


async def claim(tx: Tx, chart: Chart, *, prescription_id: UUID) -> None:
    """Take a prescription in hand, so that two don't read the same; it is free again in time.

    :raises TakenByOther, OwnPrescription, Expired, NoSuchPrescription, WrongRole, WrongState:
    """
    prescription = await _for_review(tx, chart, prescription_id, "approve")
    await _own_claim(tx, prescription)
    until = tx.now + timedelta(minutes=profile.at(tx.now)["PH-11.claim"])
    await reviews.claim(tx, prescription_id, until)
    await tx.emit(events.ReviewClaimed(*steps.about(prescription)))


async def release(tx: Tx, chart: Chart, *, prescription_id: UUID) -> None:
    """Put a prescription back for others to read. Raises as `claim` does."""
    prescription = await _for_review(tx, chart, prescription_id, "approve")
    await _own_claim(tx, prescription)
    await reviews.let_go(tx, prescription_id)
    await tx.emit(events.ReviewClaimed(*steps.about(prescription)))


async def approve(
    tx: Tx, chart: Chart, *, prescription_id: UUID, opinion: Opinion, suggested: Sequence[Suggested]
) -> Review:
    """Agree to a signed prescription, item by item; the signature comes back as `approved`.

    :raises Unanswered, ItemsFailed: PH-04, PH-06.
    :raises OtherDocument, TakenByOther, OwnPrescription, Expired:
    :raises NoSuchPrescription, WrongRole, WrongState:
    """
    prescription = await _for_review(tx, chart, prescription_id, "approve")
    if failed := rules.failed(opinion.answers):
        raise ItemsFailed(items=failed)
    if missing := rules.unanswered(suggested, opinion.answers):
        raise Unanswered(items=missing)
    review = await _written(tx, prescription, Decision.APPROVE, opinion)
    await tables.mark_reviewed(tx, prescription_id)
    await steps.go(tx, prescription, "approve", events.ApprovalAsked, why=review.note)
    return review


async def send_back(tx: Tx, chart: Chart, *, prescription_id: UUID, opinion: Opinion) -> Review:
    """PH-06: return it to its doctor with a coded reason and words. Raises as `approve` does.

    :raises ReasonMissing:
    """
    prescription = await _for_review(tx, chart, prescription_id, "send_back")
    steps.check_reason(opinion.note if opinion.reason else "")
    review = await _written(tx, prescription, Decision.RETURN, opinion)
    await tables.mark_reviewed(tx, prescription_id)
    why = f"{review.reason}: {review.note}"
    await steps.go(tx, prescription, "send_back", events.PrescriptionReturned, why=why)
    return review


async def approved(tx: Tx, *, review_id: UUID) -> Prescription | None:
    """Put in force what its pharmacist has signed (RX-28); None if it has gone another way.

    A signature that comes twice, or after the doctor has revoked, changes nothing.
    """
    found = await _reviewed(tx, review_id)
    if found is None:
        return None
    await steps.go(tx, found, "approved", events.PrescriptionApproved)
    return replace(found, state=State.APPROVED)


async def unapproved(tx: Tx, *, review_id: UUID, code: str) -> None:
    """Give a prescription back to the pharmacists whose signature was refused."""
    found = await _reviewed(tx, review_id)
    if found is None:
        return
    await steps.go(tx, found, "unapproved", events.ApprovalRefused, why=code)
    await tables.unmark_reviewed(tx, found.id)
    await reviews.let_go(tx, found.id)


async def _reviewed(tx: Tx, review_id: UUID) -> Prescription | None:
    """Lock the prescription that waits for this review's signature."""
    review = await reviews.find_review(tx, review_id)
    if review is None or review.decision is not Decision.APPROVE:
        return None
    prescription = await tables.lock(tx, review.prescription_id)
    waits = prescription.state is State.APPROVING
    same = prescription.document_id == review.document_id
    mine = prescription.reviewed_by == review.person_id and prescription.reviewed_at == review.at
    return prescription if waits and same and mine else None


async def _for_review(tx: Tx, chart: Chart, id: UUID, verb: str) -> Prescription:
    prescription = await steps.here(tx, chart, id)
    if not may_review(tx.actor.person_id, prescription):
        raise OwnPrescription(id=id)
    steps.check_state(prescription, State.TO_REVIEW, verb)
    steps.check_valid(tx, prescription)
    return prescription


async def _own_claim(tx: Tx, prescription: Prescription) -> Claim | None:
    """Return the acting pharmacist's claim, if there is one.

    :raises TakenByOther:
    """
    claim = await reviews.find_claim(tx, prescription.id)
    if claim is not None and not rules.is_free(claim, tx.actor.person_id, tx.now):
        raise TakenByOther(id=prescription.id, until=claim.until)
    return claim


async def _written(
    tx: Tx, prescription: Prescription, decision: Decision, opinion: Opinion
) -> Review:
    """Write the review down to the letter; nobody reads the prescription any more.

    :raises OtherDocument, TakenByOther:
    """
    claim = await _own_claim(tx, prescription)
    if opinion.document_id != prescription.document_id:
        raise OtherDocument(id=prescription.id)
    documents = await tables.list_documents(tx, [opinion.document_id])
    review = Review(
        id=tx.new_id(prescription.person_id),
        prescription_id=prescription.id,
        institution_id=prescription.institution_id,
        document_id=opinion.document_id,
        version=prescription.version,
        person_id=tx.actor.person_id,
        post_id=tx.actor.post_id,
        decision=decision,
        reason=opinion.reason if decision is Decision.RETURN else None,
        serious=opinion.serious and decision is Decision.RETURN,
        note=opinion.note.strip(),
        answers=opinion.answers,
        signed_at=prescription.signed_at or prescription.at,
        since=claim.since if claim else tx.now,
        at=tx.now,
    )
    text = rules.text_of(review, documents[opinion.document_id].digest)
    review = replace(review, text=text, digest=sm3(text.encode()).hex())
    await reviews.insert(tx, review)
    await reviews.let_go(tx, prescription.id)
    return review
