"""What every verb begins and ends with: lock whose it is, check, move."""

from uuid import UUID

from lianyi.access.model import Chart
from lianyi.kernel.lifecycle import WrongState, advance
from lianyi.kernel.work import Tx
from lianyi.prescribing import events, rules, tables
from lianyi.prescribing.errors import (
    Expired,
    Held,
    HeldOffline,
    NoSuchPrescription,
    NotTheirPrescription,
    ReasonMissing,
)
from lianyi.prescribing.model import Halt, Prescription, State
from lianyi.prescribing.states import PRESCRIPTION


async def persons(tx: Tx, chart: Chart, id: UUID) -> Prescription:
    """Lock a prescription of the chart's person."""
    prescription = await tables.lock(tx, id)
    if prescription.person_id != chart.person_id:
        raise NoSuchPrescription(id=id)
    return prescription


async def here(tx: Tx, chart: Chart, id: UUID) -> Prescription:
    prescription = await persons(tx, chart, id)
    if prescription.institution_id != tx.actor.institution_id:
        raise NoSuchPrescription(id=id)
    return prescription


async def authors(tx: Tx, chart: Chart, id: UUID) -> Prescription:
    prescription = await here(tx, chart, id)
    if not rules.may_write(tx.actor.person_id, prescription):
        raise NotTheirPrescription(id=id)
    return prescription


def check_state(prescription: Prescription, state: State, verb: str) -> None:
    """Say first that somebody was faster, then that it has expired."""
    if prescription.state is not state:
        raise wrong(prescription, verb)


def check_valid(tx: Tx, prescription: Prescription) -> None:
    if prescription.expires_at is not None and not rules.is_valid(prescription, tx.now):
        raise Expired(id=prescription.id, expired_at=prescription.expires_at)


def check_not_held(prescription: Prescription) -> None:
    """CON-28, CON-04: nothing leaves a seller whose prescription waits for its doctor's word.

    :raises Held, HeldOffline:
    """
    if prescription.is_held:
        raise (HeldOffline if prescription.halt is Halt.OFFLINE else Held)(id=prescription.id)


def check_reason(text: str) -> None:
    if not rules.is_reason(text):
        raise ReasonMissing


def wrong(prescription: Prescription, verb: str) -> WrongState:
    return WrongState(
        table=PRESCRIPTION.table, id=prescription.id, verb=verb, state=prescription.state
    )


async def go(
    tx: Tx,
    prescription: Prescription,
    verb: str,
    kind: type[events.PrescriptionEvent],
    *,
    why: str = "",
) -> None:
    event = kind(*about(prescription))
    await advance(tx, PRESCRIPTION, prescription.id, verb, why=why, event=event)


def about(prescription: Prescription) -> tuple[UUID, UUID, UUID]:
    return prescription.id, prescription.person_id, prescription.institution_id
