"""What can be done to a prescription. Callers open the transaction; nothing here commits.

Every verb locks its prescription first. A chart says whose it must be; whoever is not concerned
learns nothing of it.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from lianyi.access.model import Chart, Sensitive
from lianyi.kernel import profile, timers
from lianyi.kernel.crypto import sm3
from lianyi.kernel.lifecycle import WrongState, advance
from lianyi.kernel.time import end_of_day
from lianyi.kernel.work import Tx
from lianyi.people.model import RESIDENT
from lianyi.prescribing import events, rules, tables
from lianyi.prescribing.errors import (
    Expired,
    NoSuchPrescription,
    NotTheirPrescription,
    OtherSeller,
    OwnPrescription,
    ReasonMissing,
    VersionMoved,
)
from lianyi.prescribing.model import OPEN, Document, Prescription, ReturnReason, Sheet, State, Visit
from lianyi.prescribing.states import LAPSING, PRESCRIPTION

TIMER = "validity"
NOTHING: frozenset[Sensitive] = frozenset()


async def draft(
    tx: Tx, chart: Chart, *, visit: Visit, sheet: Sheet, classes: frozenset[Sensitive] = NOTHING
) -> Prescription:
    """Begin a prescription for the chart's person in a visit of the acting doctor's (RX-05).

    :raises WrongRole:
    """
    prescription = Prescription(
        id=tx.new_id(chart.person_id),
        state=State.DRAFT,
        institution_id=tx.actor.institution_id,
        person_id=chart.person_id,
        visit=visit,
        prescriber_id=tx.actor.person_id,
        post_id=tx.actor.post_id,
        classes=classes,
        at=tx.now,
        version=1,
        sheet=sheet,
    )
    await tables.insert(tx, prescription)
    return prescription


async def write(
    tx: Tx,
    chart: Chart,
    *,
    prescription_id: UUID,
    version: int,
    sheet: Sheet,
    classes: frozenset[Sensitive] = NOTHING,
) -> Prescription:
    """Write the version after the one the doctor has read; every version stays (RX-11).

    :raises VersionMoved: it was changed since.
    :raises NoSuchPrescription, NotTheirPrescription, WrongState:
    """
    prescription = await _authors(tx, chart, prescription_id)
    if prescription.state not in OPEN:
        raise _wrong(prescription, "write")
    if prescription.version != version:
        raise VersionMoved(id=prescription_id, version=prescription.version)
    changed = replace(prescription, version=version + 1, sheet=sheet, classes=classes)
    await tables.change(tx, changed)
    return changed


async def sign(
    tx: Tx,
    chart: Chart,
    *,
    prescription_id: UUID,
    version: int,
    text: str,
    findings: str,
    knowledge: str,
) -> Document:
    """Put the version the doctor has read before the signature, as one text kept to the letter.

    Its validity counts from this day (RX-01). The signature itself comes back as `signed`.

    :raises VersionMoved: another version is the newest.
    :raises NoSuchPrescription, NotTheirPrescription, WrongRole, WrongState:
    """
    prescription = await _authors(tx, chart, prescription_id)
    if prescription.version != version:
        raise VersionMoved(id=prescription_id, version=prescription.version)
    numbers = profile.at(tx.now)
    document = Document(
        id=tx.new_id(prescription.person_id),
        prescription_id=prescription_id,
        version=version,
        text=text,
        digest=sm3(text.encode()).hex(),
        findings=findings,
        knowledge=knowledge,
        profile=numbers.version,
        post_id=tx.actor.post_id,
        at=tx.now,
        expires_at=end_of_day(tx.now, numbers.zone, days=prescription.sheet.days_valid),
    )
    await _go(tx, prescription, "sign", events.SignatureAsked)
    await tables.insert_document(tx, document)
    return document


async def signed(tx: Tx, *, document_id: UUID, prescription_id: UUID, at: datetime) -> None:
    """Hand what its doctor has signed to the pharmacists; the clock will end it (RX-01).

    A signature that comes twice, or after the doctor has revoked, changes nothing.
    """
    prescription = await tables.lock(tx, prescription_id)
    if prescription.state is not State.SIGNING or prescription.document_id != document_id:
        return
    await tables.mark_signed(tx, prescription_id, at)
    await tables.unmark_reviewed(tx, prescription_id)
    await _go(tx, prescription, "signed", events.PrescriptionSigned)
    document = (await tables.list_documents(tx, [document_id]))[document_id]
    await timers.set(
        tx,
        thing_id=prescription_id,
        name=TIMER,
        due_at=document.expires_at,
        event=events.ValidityOver(*_about(prescription)),
    )


async def unsigned(tx: Tx, *, document_id: UUID, prescription_id: UUID, code: str) -> None:
    """Give a prescription back to its doctor whose signature was refused."""
    prescription = await tables.lock(tx, prescription_id)
    if prescription.state is State.SIGNING and prescription.document_id == document_id:
        await _go(tx, prescription, "unsigned", events.SignatureRefused, why=code)


async def approve(tx: Tx, chart: Chart, *, prescription_id: UUID, note: str = "") -> Prescription:
    """Put a signed prescription in force: the acting pharmacist has read it and agrees (RX-28).

    :raises OwnPrescription, Expired, NoSuchPrescription, WrongRole, WrongState:
    """
    prescription = await _for_review(tx, chart, prescription_id, "approve")
    await tables.mark_reviewed(tx, prescription_id)
    await _go(tx, prescription, "approve", events.PrescriptionApproved, why=note.strip())
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
    _check_reason(note)
    await tables.mark_reviewed(tx, prescription_id)
    why = f"{reason}: {note.strip()}"
    await _go(tx, prescription, "send_back", events.PrescriptionReturned, why=why)
    return replace(
        prescription, state=State.RETURNED, reviewed_by=tx.actor.person_id, reviewed_at=tx.now
    )


async def revoke(tx: Tx, chart: Chart, *, prescription_id: UUID, reason: str) -> Prescription:
    """Take a prescription back that no seller has accepted.

    :raises ReasonMissing, NoSuchPrescription, NotTheirPrescription, WrongRole, WrongState:
    """
    prescription = await _authors(tx, chart, prescription_id)
    _check_reason(reason)
    await _go(tx, prescription, "revoke", events.PrescriptionRevoked, why=reason.strip())
    await timers.clear(tx, thing_id=prescription_id, name=TIMER)
    return replace(prescription, state=State.REVOKED)


async def accept(tx: Tx, chart: Chart, *, prescription_id: UUID, seller_id: UUID) -> Prescription:
    """Keep a prescription in force for one seller, whom its person has chosen.

    :raises Expired, NoSuchPrescription, WrongRole, WrongState:
    """
    prescription = await _persons(tx, chart, prescription_id)
    _check_state(prescription, State.APPROVED, "accept")
    _check_valid(tx, prescription)
    await tables.set_seller(tx, prescription_id, seller_id)
    await _go(tx, prescription, "accept", events.PrescriptionAccepted)
    return replace(prescription, state=State.ACCEPTED, seller_id=seller_id)


async def let_go(tx: Tx, chart: Chart, *, prescription_id: UUID, reason: str) -> Prescription:
    """Let any seller accept it again: nothing of it was handed over.

    :raises OtherSeller, ReasonMissing, NoSuchPrescription, WrongRole, WrongState:
    """
    prescription = await _sellers(tx, chart, prescription_id)
    _check_reason(reason)
    await _go(tx, prescription, "let_go", events.PrescriptionLetGo, why=reason.strip())
    await tables.set_seller(tx, prescription_id, None)
    return replace(prescription, state=State.APPROVED, seller_id=None)


async def dispense(tx: Tx, chart: Chart, *, prescription_id: UUID, whole: bool) -> Prescription:
    """Note that the acting seller has dispensed it, whole or in part; the rest may follow there.

    :raises Expired: RX-01.
    :raises OtherSeller, NoSuchPrescription, WrongRole, WrongState:
    """
    prescription = await _sellers(tx, chart, prescription_id)
    _check_valid(tx, prescription)
    if not whole:
        await _go(tx, prescription, "part", events.PrescriptionPartlyDispensed)
        return replace(prescription, state=State.PARTLY_DISPENSED)
    await _go(tx, prescription, "dispense", events.PrescriptionDispensed)
    await timers.clear(tx, thing_id=prescription_id, name=TIMER)
    return replace(prescription, state=State.DISPENSED)


async def lapse(tx: Tx, *, prescription_id: UUID) -> Prescription | None:
    """Tidy what the clock has ended (RX-01); None if it has gone its way already."""
    prescription = await tables.lock(tx, prescription_id)
    if prescription.state not in LAPSING or rules.is_valid(prescription, tx.now):
        return None
    await _go(tx, prescription, "lapse", events.PrescriptionLapsed)
    return replace(prescription, state=State.LAPSED)


async def _persons(tx: Tx, chart: Chart, id: UUID) -> Prescription:
    """Lock a prescription of the chart's person."""
    prescription = await tables.lock(tx, id)
    if prescription.person_id != chart.person_id:
        raise NoSuchPrescription(id=id)
    return prescription


async def _here(tx: Tx, chart: Chart, id: UUID) -> Prescription:
    prescription = await _persons(tx, chart, id)
    if prescription.institution_id != tx.actor.institution_id:
        raise NoSuchPrescription(id=id)
    return prescription


async def _authors(tx: Tx, chart: Chart, id: UUID) -> Prescription:
    prescription = await _here(tx, chart, id)
    if not rules.may_write(tx.actor.person_id, prescription):
        raise NotTheirPrescription(id=id)
    return prescription


async def _for_review(tx: Tx, chart: Chart, id: UUID, verb: str) -> Prescription:
    prescription = await _here(tx, chart, id)
    if not rules.may_review(tx.actor.person_id, prescription):
        raise OwnPrescription(id=id)
    _check_state(prescription, State.TO_REVIEW, verb)
    _check_valid(tx, prescription)
    return prescription


async def _sellers(tx: Tx, chart: Chart, id: UUID) -> Prescription:
    """Lock a prescription for the seller that has accepted it, or for its person."""
    prescription = await _persons(tx, chart, id)
    seller_id = prescription.seller_id
    if tx.actor.role != RESIDENT and seller_id not in {None, tx.actor.institution_id}:
        raise OtherSeller(id=id)
    return prescription


def _check_state(prescription: Prescription, state: State, verb: str) -> None:
    """Say first that somebody was faster, then that it has expired."""
    if prescription.state is not state:
        raise _wrong(prescription, verb)


def _check_valid(tx: Tx, prescription: Prescription) -> None:
    if prescription.expires_at is not None and not rules.is_valid(prescription, tx.now):
        raise Expired(id=prescription.id, expired_at=prescription.expires_at)


def _check_reason(text: str) -> None:
    if not rules.is_reason(text):
        raise ReasonMissing


def _wrong(prescription: Prescription, verb: str) -> WrongState:
    return WrongState(
        table=PRESCRIPTION.table, id=prescription.id, verb=verb, state=prescription.state
    )


async def _go(
    tx: Tx,
    prescription: Prescription,
    verb: str,
    kind: type[events.PrescriptionEvent],
    *,
    why: str = "",
) -> None:
    event = kind(*_about(prescription))
    await advance(tx, PRESCRIPTION, prescription.id, verb, why=why, event=event)


def _about(prescription: Prescription) -> tuple[UUID, UUID, UUID]:
    return prescription.id, prescription.person_id, prescription.institution_id
