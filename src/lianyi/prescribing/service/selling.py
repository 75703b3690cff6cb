"""What sellers do with a prescription in force: keep it, let it go, dispense it."""

from dataclasses import replace
from uuid import UUID

from lianyi.access.model import Chart
from lianyi.kernel import timers
from lianyi.kernel.work import Tx
from lianyi.people.model import COURIER, RESIDENT
from lianyi.prescribing import events, tables
from lianyi.prescribing.errors import OtherSeller
from lianyi.prescribing.model import Prescription, State
from lianyi.prescribing.service import steps, stopping
from lianyi.prescribing.service.writing import TIMER


async def accept(tx: Tx, chart: Chart, *, prescription_id: UUID, seller_id: UUID) -> Prescription:
    """Keep a prescription in force for one seller, whom its person has chosen.

    :raises Expired, NoSuchPrescription, WrongRole, WrongState:
    """
    prescription = await steps.persons(tx, chart, prescription_id)
    steps.check_state(prescription, State.APPROVED, "accept")
    steps.check_valid(tx, prescription)
    await tables.set_seller(tx, prescription_id, seller_id)
    await steps.go(tx, prescription, "accept", events.PrescriptionAccepted)
    return replace(prescription, state=State.ACCEPTED, seller_id=seller_id)


async def let_go(tx: Tx, chart: Chart, *, prescription_id: UUID, reason: str) -> Prescription:
    """Let any seller accept it again: nothing of it was handed over.

    :raises OtherSeller, ReasonMissing, NoSuchPrescription, WrongRole, WrongState:
    """
    prescription = await _sellers(tx, chart, prescription_id)
    steps.check_reason(reason)
    await steps.go(tx, prescription, "let_go", events.PrescriptionLetGo, why=reason.strip())
    await tables.set_seller(tx, prescription_id, None)
    return replace(prescription, state=State.APPROVED, seller_id=None)


async def dispense(tx: Tx, chart: Chart, *, prescription_id: UUID, whole: bool) -> Prescription:
    """Note that the acting seller has dispensed it, whole or in part; either way it is used up.

    A second dispense fails, also of what a part left out and at the same seller (DS-06).

    :raises Expired: RX-01. :raises Held: CON-28. :raises HeldOffline: CON-04.
    :raises OtherSeller, NoSuchPrescription, WrongRole, WrongState:
    """
    prescription = await _sellers(tx, chart, prescription_id)
    steps.check_not_held(prescription)
    steps.check_valid(tx, prescription)
    await timers.clear(tx, thing_id=prescription_id, name=TIMER)
    if not whole:
        await steps.go(tx, prescription, "part", events.PrescriptionPartlyDispensed)
        return replace(prescription, state=State.PARTLY_DISPENSED)
    await steps.go(tx, prescription, "dispense", events.PrescriptionDispensed)
    return replace(prescription, state=State.DISPENSED)


async def check_may_leave(tx: Tx, chart: Chart, *, prescription_id: UUID) -> Prescription:
    """Hold whoever carries the medicines to what the doctor decides about them.

    :raises Held: CON-28. :raises HeldOffline: CON-04.
    :raises OtherSeller, NoSuchPrescription:
    """
    prescription = await _sellers(tx, chart, prescription_id)
    steps.check_not_held(prescription)
    return prescription


async def _sellers(tx: Tx, chart: Chart, id: UUID) -> Prescription:
    """Lock a prescription for the seller that has accepted it, or for its person."""
    prescription = await steps.persons(tx, chart, id)
    seller_id = prescription.seller_id
    if tx.actor.role != RESIDENT and seller_id not in {None, tx.actor.institution_id}:
        raise OtherSeller(id=id)
    return prescription


async def free(
    tx: Tx, chart: Chart, *, prescription_id: UUID, seller_id: UUID, reason: str
) -> Prescription | None:
    """Let go of a prescription if this seller has it and nothing of it has left; else None.

    One that is held ends here: no other seller may take it on (CON-28, CON-04).
    """
    prescription = await steps.persons(tx, chart, prescription_id)
    if prescription.seller_id != seller_id:
        return None
    if prescription.is_held:
        return await stopping.give_up(tx, prescription)
    if prescription.state is not State.ACCEPTED:
        return None
    return await let_go(tx, chart, prescription_id=prescription_id, reason=reason)


async def use_up(
    tx: Tx, chart: Chart, *, prescription_id: UUID, whole: bool
) -> Prescription | None:
    """Dispense a prescription as its parcel leaves; None for one that has left before.

    Raises what `dispense` does.
    """
    prescription = await check_may_leave(tx, chart, prescription_id=prescription_id)
    if prescription.state is not State.ACCEPTED and tx.actor.role == COURIER:
        return None
    return await dispense(tx, chart, prescription_id=prescription_id, whole=whole)
