"""From the doctor's draft to a prescription before the pharmacist, and its end (开具处方).

It is written in a visit that is under way, in person or online; the right to prescribe is looked at
for every act. What is signed is one text, kept to the letter, with the prescription's id inside.
"""

import logging
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from lianyi.access import service as access
from lianyi.access.model import Purpose, Sensitive
from lianyi.booking.errors import NoSuchAppointment
from lianyi.booking.states import APPOINTMENT
from lianyi.consult import model as consulting
from lianyi.consult import queries as consult
from lianyi.consult.states import VISIT
from lianyi.journeys import visit
from lianyi.journeys.cautions import Case, facts
from lianyi.kernel import profile, time
from lianyi.kernel.lifecycle import WrongState, check_role
from lianyi.kernel.refusal import Refused
from lianyi.kernel.work import OURS, Tx
from lianyi.people import queries as people
from lianyi.people import service as registry
from lianyi.people.model import DISPENSER, PHARMACIST, Member, Person
from lianyi.prescribing import fhir, queries
from lianyi.prescribing import service as prescribing
from lianyi.prescribing.errors import CheckFailed, NotByHand, NotFollowedUp, OneAtATime, Unsafe
from lianyi.prescribing.events import ValidityOver
from lianyi.prescribing.model import (
    Asked,
    Diagnosed,
    Document,
    Entry,
    Finding,
    Kind,
    Line,
    Prescription,
    Reason,
    Sheet,
    State,
    Visit,
    Way,
)
from lianyi.prescribing.rules import document, safety
from lianyi.prescribing.rules.person import months_between
from lianyi.records import service as records
from lianyi.records.errors import NoSuchResource
from lianyi.records.rules.sensitive import classes_of
from lianyi.signatures import service as signatures
from lianyi.signatures.events import Signed, SigningRefused
from lianyi.terminology import queries as terminology

LOG = logging.getLogger(__name__)
SUBJECT = "prescription"
READERS = frozenset({PHARMACIST, DISPENSER})
READ_FOR = timedelta(days=30)
HAND = ("entered_by", "entered_at", "entered_in")


@dataclass(frozen=True, slots=True)
class Paper:
    """What a doctor has on the screen: the whole prescription as it was filled in."""

    diagnoses: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    kind: Kind = Kind.ORDINARY
    days_valid: int = 1
    validity_reason: str = ""
    long_reason: str = ""
    asked: Asked = field(default_factory=Asked)
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class _Bedside:
    case: Case
    person: Person
    member: Member


async def begin(tx: Tx, *, visit_id: UUID, paper: Paper) -> Prescription:
    """Begin a prescription in a visit of the acting doctor's.

    :raises BadLine, NotByHand, OneAtATime, WrongRole:
    :raises NoSuchAppointment, NoSuchDiagnosis, NoSuchDrug:
    :raises MayNotPractise: LIC-01, LIC-13, LIC-14; online also CON-08, CON-23, CON-24.
    """
    bedside = await _bedside(tx, visit_id)
    sheet = _entered(_sheet(tx, paper, Sheet()), Sheet())
    return await prescribing.draft(
        tx, bedside.case.chart, visit=bedside.case.visit, sheet=sheet, classes=_classes(sheet)
    )


async def write(
    tx: Tx, *, visit_id: UUID, prescription_id: UUID, version: int, paper: Paper
) -> Prescription:
    """Write the next version of what the acting doctor drafts. Raises further what `begin` does.

    :raises VersionMoved, NoSuchPrescription, NotTheirPrescription, WrongState:
    """
    bedside = await _bedside(tx, visit_id)
    return await _write(tx, bedside, prescription_id, version, paper)


async def check(
    tx: Tx, *, visit_id: UUID, prescription_id: UUID | None, paper: Paper
) -> tuple[Sheet, tuple[Finding, ...]]:
    """Return what a prescription would say as it is filled in now, and all there is to say of it.

    Nothing is written. Raises as `begin` does.
    """
    bedside = await _bedside(tx, visit_id)
    sheet = _sheet(tx, paper, Sheet())
    return sheet, await _findings(tx, bedside, sheet, prescription_id)


async def sign(
    tx: Tx, *, visit_id: UUID, prescription_id: UUID, version: int, paper: Paper
) -> Document:
    """Check what is on the screen once more, and give exactly that to the doctor's key.

    Nothing is signed on an engine's word that nobody approved, or without its word (INT-20).

    :raises Unsafe: with all findings, if one blocks or lacks a reason.
    :raises CheckFailed, KnowledgeNotApproved, KeyClosed, NotCertified, AlreadyAsked:
    :raises VersionMoved, NoSuchPrescription, NotTheirPrescription, WrongState:
    """
    bedside = await _bedside(tx, visit_id)
    await prescribing.check_knowledge(tx)
    written = await _write(tx, bedside, prescription_id, version, paper)
    findings = await _findings(tx, bedside, written.sheet, prescription_id)
    if standing := safety.in_the_way(findings, written.sheet.reasons):
        raise Unsafe(findings=standing)
    signed = await prescribing.sign(
        tx,
        bedside.case.chart,
        prescription_id=prescription_id,
        version=written.version,
        text=document.text(written, _heading(tx, bedside, written), findings),
        findings=msgspec.json.encode(findings).decode(),
        knowledge=terminology.release().version,
    )
    await signatures.ask(
        tx, subject=(SUBJECT, prescription_id), digest=signed.digest, document=signed.id
    )
    return signed


async def revoke(tx: Tx, *, prescription_id: UUID, reason: str) -> None:
    """Take back what no seller has accepted.

    :raises ReasonMissing, NoSuchPrescription, NotTheirPrescription, WrongRole, WrongState:
    """
    desk = await access.open_desk(tx, purpose=Purpose.TREAT)
    found = await queries.at_desk(tx, desk, prescription_id=prescription_id)
    chart = await access.open_chart(
        tx, person_id=found.person_id, purpose=Purpose.TREAT, what="prescription"
    )
    revoked = await prescribing.revoke(tx, chart, prescription_id=prescription_id, reason=reason)
    if found.signed_at is not None:
        await publish(tx, revoked)


async def take_signed(tx: Tx, event: Signed) -> None:
    """Hand what its doctor has signed to the pharmacists of the place, and to the record."""
    if event.subject_type != SUBJECT or event.document_id is None:
        return
    signed = await prescribing.signed(
        tx, document_id=event.document_id, prescription_id=event.subject_id, at=tx.now
    )
    if signed is None:
        return
    await access.open_relation(
        tx,
        person_id=signed.person_id,
        institution_id=signed.institution_id,
        roles=READERS,
        cause_id=signed.id,
        until=tx.now + READ_FOR,
    )
    await publish(tx, signed)
    chart = await access.open_chart(
        tx, person_id=signed.person_id, purpose=Purpose.TREAT, what="prescription"
    )
    text = (await queries.documents(tx, chart, prescriptions=[signed]))[signed.id]
    proof = fhir.signature(
        signed, id=text.id, post_id=text.post_id, digest=text.digest, at=tx.now, act=fhir.AUTHOR
    )
    await publish_proof(tx, signed, proof)


async def take_back(tx: Tx, event: SigningRefused) -> None:
    """Give the doctor the draft back: nothing was signed."""
    if event.subject_type == SUBJECT and event.document_id is not None:
        await prescribing.unsigned(
            tx, document_id=event.document_id, prescription_id=event.subject_id, code=event.code
        )


async def lapse(tx: Tx, event: ValidityOver) -> None:
    """RX-01: tidy what was not dispensed in time."""
    lapsed = await prescribing.lapse(tx, prescription_id=event.prescription_id)
    if lapsed is not None:
        await publish(tx, lapsed)


async def publish(tx: Tx, prescription: Prescription) -> None:
    """Write a signed prescription to the record as it is now, in the transaction of its change."""
    await records.publish_all(
        tx,
        owner=prescription.person_id,
        bodies=fhir.medication_requests(prescription),
        classes=prescription.classes,
        holder_id=prescription.institution_id,
    )
    if prescription.state is State.TO_REVIEW and prescription.version > 1:
        await _drop_gone(tx, prescription)


async def publish_proof(tx: Tx, prescription: Prescription, proof: dict[str, Any]) -> None:
    """Write whose signature a prescription carries, as sensitive as what it says."""
    await records.publish(
        tx,
        owner=prescription.person_id,
        body=proof,
        classes=prescription.classes,
        holder_id=prescription.institution_id,
    )


async def _drop_gone(tx: Tx, prescription: Prescription) -> None:
    """Mark as entered in error what an earlier signed version had and this one doesn't."""
    most = profile.at(tx.now)["RX-06"]
    for number in range(len(prescription.sheet.lines) + 1, most + 1):
        fhir_id = fhir.request_id(prescription, number)
        try:
            await records.retract(tx, type="MedicationRequest", fhir_id=fhir_id)
        except NoSuchResource:
            return


async def _bedside(tx: Tx, visit_id: UUID) -> _Bedside:
    """Return a visit that is under way, whose doctor may practise there now (RX-25, LIC-13)."""
    check_role(tx, APPOINTMENT, "finish")
    case = await _case(tx, visit_id)
    member = await people.member(tx)
    practice = await people.practice(
        tx,
        person_id=tx.actor.person_id,
        institution_id=tx.actor.institution_id,
        department_id=case.visit.department_id,
    )
    registry.check_practice(tx, practice, online=case.visit.way is Way.ONLINE)
    person = await people.person(tx, case.chart)
    return _Bedside(case, person, replace(member, practice=practice))


async def _case(tx: Tx, visit_id: UUID) -> Case:
    try:
        appointment, chart = await visit.under_way(tx, visit_id, "prescribe")
    except NoSuchAppointment:
        return await _online(tx, visit_id)
    return Case(Visit(visit_id, Way.IN_PERSON, appointment.department_id), chart)


async def _online(tx: Tx, visit_id: UUID) -> Case:
    """Return an online follow-up that is with its doctor; once turned offline it has none (CON-04).

    :raises NotFollowedUp: CON-03, CON-26.
    :raises NoSuchVisit, WrongState:
    """
    desk = await access.open_desk(tx, purpose=Purpose.TREAT)
    found = await consult.own_visit(tx, desk, visit_id=visit_id)
    if found.state is not consulting.State.WITH_DOCTOR:
        raise WrongState(table=VISIT.table, id=visit_id, verb="prescribe", state=found.state)
    if found.kind is not consulting.Kind.FOLLOW_UP or not found.met:
        raise NotFollowedUp(id=visit_id)
    chart = await access.open_chart(
        tx, person_id=found.person_id, purpose=Purpose.TREAT, what="visit"
    )
    return Case(
        Visit(visit_id, Way.ONLINE, found.department_id),
        chart,
        followed=frozenset({found.code, *found.proven}),
        guarded=found.guardian_present,
    )


async def _write(
    tx: Tx, bedside: _Bedside, prescription_id: UUID, version: int, paper: Paper
) -> Prescription:
    chart = bedside.case.chart
    before = await queries.prescription(tx, chart, prescription_id=prescription_id)
    sheet = _entered(_sheet(tx, paper, before.sheet), before.sheet)
    if sheet == before.sheet and version == before.version:
        return before
    return await prescribing.write(
        tx,
        chart,
        prescription_id=prescription_id,
        version=version,
        sheet=sheet,
        classes=_classes(sheet),
    )


async def _findings(
    tx: Tx, bedside: _Bedside, sheet: Sheet, prescription_id: UUID | None
) -> tuple[Finding, ...]:
    """Hold a sheet against the law, the knowledge base and what is known of the person.

    INT-20: whatever goes wrong with that, it lets nothing pass.

    :raises CheckFailed:
    """
    try:
        known = await facts(
            tx,
            bedside.case,
            sheet.asked,
            person=bedside.person,
            member=bedside.member,
            except_for=prescription_id,
        )
        return queries.check(sheet, known)
    except (Refused, *OURS):
        raise
    except Exception as trouble:
        LOG.exception("check failed")
        raise CheckFailed from trouble


def _sheet(tx: Tx, paper: Paper, before: Sheet) -> Sheet:
    """Return what is on the screen as a sheet; a line that stayed keeps who entered it."""
    return Sheet(
        diagnoses=tuple(
            Diagnosed(code, terminology.diagnosis(code).name)
            for code in dict.fromkeys(paper.diagnoses)
        ),
        lines=tuple(_line(tx, entry, before) for entry in paper.entries),
        kind=paper.kind,
        days_valid=paper.days_valid,
        validity_reason=paper.validity_reason.strip(),
        long_reason=paper.long_reason.strip(),
        asked=paper.asked,
        reasons=paper.reasons,
    )


def _entered(sheet: Sheet, before: Sheet) -> Sheet:
    """CON-13: each drug is entered by somebody in a session of theirs, one at a time."""
    if any(line.entered_in is None and line not in before.lines for line in sheet.lines):
        raise NotByHand
    known = {line.drug for line in before.lines}
    if len({line.drug for line in sheet.lines} - known) > 1:
        raise OneAtATime
    return sheet


def _line(tx: Tx, entry: Entry, before: Sheet) -> Line:
    actor = tx.actor
    made = queries.line(entry, by=actor.person_id, at=tx.now, session_id=actor.session_id)
    for line in before.lines:
        hand = {name: getattr(line, name) for name in HAND}
        kept = replace(made, **hand)
        if kept == line:
            return kept
    return made


def _classes(sheet: Sheet) -> frozenset[Sensitive]:
    """Return the sensitive classes: what a diagnosis tells, its prescription tells too (PRI-01)."""
    return classes_of((fhir.ICD10, each.code) for each in sheet.diagnoses)


def _heading(tx: Tx, bedside: _Bedside, prescription: Prescription) -> document.Heading:
    person, member = bedside.person, bedside.member
    practice, zone = member.practice, profile.at(tx.now).zone
    today = time.day(tx.now, zone)
    release = terminology.release()
    return document.Heading(
        institution=practice.institution.name,
        department=practice.department.name if practice.department else "",
        name=person.name,
        sex=person.sex,
        birth_date=person.birth_date,
        months=months_between(person.birth_date, today),
        doctor=member.post.name,
        licence=practice.licence.number if practice.licence else "",
        release=f"{release.title} {release.version}",
        issued=today,
        last_day=today + timedelta(days=prescription.sheet.days_valid - 1),
    )
