"""From a doctor's signature to a pharmacist's (审方): read, agree item by item, or send back.

Whoever reviews is on duty and trained for it (LIC-04, PH-02), at every act. An approval counts from
the pharmacist's signature on; software never approves (PH-07).
"""

from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Chart, Purpose
from lianyi.journeys import prescribe
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people import service as registry
from lianyi.prescribing import fhir, queries
from lianyi.prescribing import service as prescribing
from lianyi.prescribing.model import Document, Prescription, Way
from lianyi.prescribing.model.review import Opinion, Suggested
from lianyi.signatures import service as signatures
from lianyi.signatures.events import Signed, SigningRefused

SUBJECT = "review"


async def claim(tx: Tx, *, prescription_id: UUID) -> None:
    """Take a prescription in hand, so that nobody else reads it meanwhile.

    :raises MayNotPractise, NotOnDuty, NoSuchPrescription, OwnPrescription, TakenByOther:
    :raises Expired, WrongRole, WrongState:
    """
    found, chart = await _in_hand(tx, prescription_id)
    await prescribing.claim(tx, chart, prescription_id=found.id)


async def release(tx: Tx, *, prescription_id: UUID) -> None:
    """Put a prescription back for others. Raises as `claim` does."""
    found, chart = await _in_hand(tx, prescription_id)
    await prescribing.release(tx, chart, prescription_id=found.id)


async def approve(tx: Tx, *, prescription_id: UUID, opinion: Opinion) -> UUID:
    """Agree to what was read, item by item, and sign so (RX-28). Raises further as `claim` does.

    :raises ItemsFailed, OtherDocument, Unanswered: PH-04, PH-06.
    :raises AlreadyAsked, KeyClosed, NotCertified:
    """
    found, chart = await _in_hand(tx, prescription_id)
    document = (await queries.documents(tx, chart, prescriptions=[found]))[found.id]
    review = await prescribing.approve(
        tx,
        chart,
        prescription_id=found.id,
        opinion=opinion,
        suggested=await suggested(tx, found, document),
    )
    await signatures.ask(tx, subject=(SUBJECT, review.id), digest=review.digest, document=review.id)
    return review.id


async def send_back(tx: Tx, *, prescription_id: UUID, opinion: Opinion) -> None:
    """PH-06: return it to its doctor with a coded reason. Raises further as `claim` does.

    :raises OtherDocument, ReasonMissing:
    """
    found, chart = await _in_hand(tx, prescription_id)
    await prescribing.send_back(tx, chart, prescription_id=found.id, opinion=opinion)


async def suggested(
    tx: Tx, prescription: Prescription, document: Document
) -> tuple[Suggested, ...]:
    """Return what can be said of each item before a pharmacist has read it.

    RX-25: the right to prescribe is looked at again, as of now.
    """
    practice = await people.practice(
        tx,
        person_id=prescription.prescriber_id,
        institution_id=prescription.institution_id,
        department_id=prescription.visit.department_id,
    )
    online = prescription.visit.way is Way.ONLINE
    may = not registry.practice_findings(tx, practice, online=online)
    return queries.suggested(prescription.sheet, document, may_prescribe=may)


async def take_signed(tx: Tx, event: Signed) -> None:
    """Put in force what its pharmacist has signed."""
    if event.subject_type != SUBJECT:
        return
    approved = await prescribing.approved(tx, review_id=event.subject_id)
    if approved is None:
        return
    await prescribe.publish(tx, approved)
    chart = await access.open_chart(
        tx, person_id=approved.person_id, purpose=Purpose.REVIEW, what="prescription"
    )
    _, said = await queries.review_of(tx, chart, review_id=event.subject_id)
    proof = fhir.signature(
        approved, id=said.id, post_id=said.post_id, digest=said.digest, at=tx.now, act=fhir.REVIEWER
    )
    await prescribe.publish_proof(tx, approved, proof)


async def take_back(tx: Tx, event: SigningRefused) -> None:
    """Let anybody review again what was not signed."""
    if event.subject_type == SUBJECT:
        await prescribing.unapproved(tx, review_id=event.subject_id, code=event.code)


async def _in_hand(tx: Tx, prescription_id: UUID) -> tuple[Prescription, Chart]:
    """Return a prescription of the place, with its person's chart, to a pharmacist on duty."""
    desk = await access.open_desk(tx, purpose=Purpose.REVIEW)
    await registry.check_on_duty(tx)
    found = await queries.at_desk(tx, desk, prescription_id=prescription_id)
    chart = await access.open_chart(
        tx, person_id=found.person_id, purpose=Purpose.REVIEW, what="prescription"
    )
    return found, chart
