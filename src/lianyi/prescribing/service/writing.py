"""What a doctor does with a prescription, and what the signature and the clock make of it."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from lianyi.access.model import Chart, Sensitive
from lianyi.kernel import profile, timers
from lianyi.kernel.crypto import sm3
from lianyi.kernel.time import end_of_day
from lianyi.kernel.work import Tx
from lianyi.prescribing import events, rules, tables
from lianyi.prescribing.errors import VersionMoved
from lianyi.prescribing.model import OPEN, Document, Prescription, Sheet, State, Visit
from lianyi.prescribing.service import steps
from lianyi.prescribing.states import LAPSING

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
    prescription = await steps.authors(tx, chart, prescription_id)
    if prescription.state not in OPEN:
        raise steps.wrong(prescription, "write")
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
    prescription = await steps.authors(tx, chart, prescription_id)
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
    await steps.go(tx, prescription, "sign", events.SignatureAsked)
    await tables.insert_document(tx, document)
    return document


async def signed(
    tx: Tx, *, document_id: UUID, prescription_id: UUID, at: datetime
) -> Prescription | None:
    """Hand what its doctor has signed to the pharmacists; the clock will end it (RX-01).

    A signature that comes twice, or after the doctor has revoked, changes nothing: None.
    """
    prescription = await tables.lock(tx, prescription_id)
    if prescription.state is not State.SIGNING or prescription.document_id != document_id:
        return None
    await tables.mark_signed(tx, prescription_id, at)
    await tables.unmark_reviewed(tx, prescription_id)
    await steps.go(tx, prescription, "signed", events.PrescriptionSigned)
    document = (await tables.list_documents(tx, [document_id]))[document_id]
    await timers.set(
        tx,
        thing_id=prescription_id,
        name=TIMER,
        due_at=document.expires_at,
        event=events.ValidityOver(*steps.about(prescription)),
    )
    return replace(
        prescription, state=State.TO_REVIEW, signed_at=at, expires_at=document.expires_at
    )


async def unsigned(tx: Tx, *, document_id: UUID, prescription_id: UUID, code: str) -> None:
    """Give a prescription back to its doctor whose signature was refused."""
    prescription = await tables.lock(tx, prescription_id)
    if prescription.state is State.SIGNING and prescription.document_id == document_id:
        await steps.go(tx, prescription, "unsigned", events.SignatureRefused, why=code)


async def revoke(tx: Tx, chart: Chart, *, prescription_id: UUID, reason: str) -> Prescription:
    """Take a prescription back that no seller has accepted.

    :raises ReasonMissing, NoSuchPrescription, NotTheirPrescription, WrongRole, WrongState:
    """
    prescription = await steps.authors(tx, chart, prescription_id)
    steps.check_reason(reason)
    await steps.go(tx, prescription, "revoke", events.PrescriptionRevoked, why=reason.strip())
    await timers.clear(tx, thing_id=prescription_id, name=TIMER)
    return replace(prescription, state=State.REVOKED)


async def lapse(tx: Tx, *, prescription_id: UUID) -> Prescription | None:
    """Tidy what the clock has ended (RX-01); None if it has gone its way already."""
    prescription = await tables.lock(tx, prescription_id)
    if prescription.state not in LAPSING or rules.is_valid(prescription, tx.now):
        return None
    await steps.go(tx, prescription, "lapse", events.PrescriptionLapsed)
    return replace(prescription, state=State.LAPSED)
