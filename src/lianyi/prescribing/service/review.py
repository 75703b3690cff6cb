"""What pharmacists do with a signed prescription: put it in force, or send it back."""

from dataclasses import replace
from uuid import UUID

from lianyi.access.model import Chart
from lianyi.kernel.work import Tx
from lianyi.prescribing import events, rules, tables
from lianyi.prescribing.errors import OwnPrescription
from lianyi.prescribing.model import Prescription, ReturnReason, State
from lianyi.prescribing.service import steps


async def approve(tx: Tx, chart: Chart, *, prescription_id: UUID, note: str = "") -> Prescription:
    """Put a signed prescription in force: the acting pharmacist has read it and agrees (RX-28).

    :raises OwnPrescription, Expired, NoSuchPrescription, WrongRole, WrongState:
    """
    prescription = await _for_review(tx, chart, prescription_id, "approve")
    await tables.mark_reviewed(tx, prescription_id)
    await steps.go(tx, prescription, "approve", events.PrescriptionApproved, why=note.strip())
    return replace(
        prescription, state=State.APPROVED, reviewed_by=tx.actor.person_id, reviewed_at=tx.now
    )


async def send_back(
    tx: Tx, chart: Chart, *, prescription_id: UUID, reason: ReturnReason, note: str
) -> Prescription:
    """PH-06: return it to its doctor with a coded reason and words. Raises as `approve` does.

    :raises ReasonMissing:
    """
    prescription = await _for_review(tx, chart, prescription_id, "send_back")
    steps.check_reason(note)
    await tables.mark_reviewed(tx, prescription_id)
    why = f"{reason}: {note.strip()}"
    await steps.go(tx, prescription, "send_back", events.PrescriptionReturned, why=why)
    return replace(
        prescription, state=State.RETURNED, reviewed_by=tx.actor.person_id, reviewed_at=tx.now
    )


async def _for_review(tx: Tx, chart: Chart, id: UUID, verb: str) -> Prescription:
    prescription = await steps.here(tx, chart, id)
    if not rules.may_review(tx.actor.person_id, prescription):
        raise OwnPrescription(id=id)
    steps.check_state(prescription, State.TO_REVIEW, verb)
    steps.check_valid(tx, prescription)
    return prescription
