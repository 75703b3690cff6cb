"""What a pharmacist sees who reviews prescriptions: the queue, and one in hand (审方工作台)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Chart, Desk, Purpose
from lianyi.journeys import review, workbench_desk
from lianyi.journeys.workbench_desk import Patient
from lianyi.kernel import profile, time
from lianyi.kernel.lifecycle import check_role
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people import rules
from lianyi.people import service as registry
from lianyi.people.model import Duty, Finding, Member, Person, Post
from lianyi.prescribing import model as prescribing
from lianyi.prescribing import queries
from lianyi.prescribing.model import Document, Line, Prescription, Severity
from lianyi.prescribing.model.review import Answer, Claim, Review, Risk, Suggested, ToReview
from lianyi.prescribing.rules import document as papers
from lianyi.prescribing.rules import may_review
from lianyi.prescribing.rules import review as reading
from lianyi.prescribing.states import PRESCRIPTION
from lianyi.signatures import queries as signatures

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the queue. `taken`: somebody else reads it; `own`: this reader has written it."""

    line: ToReview
    person: Person
    age: int
    risk: Risk
    minutes: int
    late: bool
    taken: bool
    own: bool

    @property
    def prescription(self) -> Prescription:
        return self.line.prescription


@dataclass(frozen=True, slots=True)
class Drug:
    """One line of a prescription, with what was found about it and why its doctor went on."""

    line: Line
    name: str
    use: str
    told: tuple["Told", ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A finding of the signature and the doctor's reason, if one was given."""

    finding: prescribing.Finding
    reason: str


@dataclass(frozen=True, slots=True)
class Said:
    """An earlier review, with who made it."""

    review: Review
    post: Post


@dataclass(frozen=True, slots=True)
class Hand:
    """The prescription in hand. `open`: this pharmacist may decide about it now."""

    prescription: Prescription
    document: Document
    patient: Patient
    doctor: Post
    drugs: tuple[Drug, ...]
    told: tuple[Told, ...]
    items: tuple[Suggested, ...]
    reviews: tuple[Said, ...]
    claim: Claim | None
    own: bool
    mine: bool
    open: bool
    key_open: bool
    last_day: date | None

    @property
    def asked(self) -> tuple[Suggested, ...]:
        """What the pharmacist has to decide."""
        return tuple(item for item in self.items if item.answer is None)

    @property
    def passed(self) -> tuple[Suggested, ...]:
        """What software suggests an answer for."""
        return tuple(item for item in self.items if item.answer is not None)

    @property
    def answers(self) -> tuple[Answer, ...]:
        return tuple(Answer)


@dataclass(frozen=True, slots=True)
class ReviewDesk:
    """`findings` are what keeps this pharmacist from being on duty; `duties` who is (LIC-04)."""

    post: Post
    findings: tuple[Finding, ...]
    duties: tuple[Duty, ...]
    queue: tuple[Row, ...]
    hand: Hand | None = None

    @property
    def mine(self) -> Duty | None:
        return next((duty for duty in self.duties if duty.post.id == self.post.id), None)

    @property
    def others(self) -> tuple[Duty, ...]:
        return tuple(duty for duty in self.duties if duty.post.id != self.post.id)


async def desk(tx: Tx) -> ReviewDesk:
    """Return the acting pharmacist with the duty at their institution, and what waits there.

    :raises NoSuchPost, WrongRole:
    """
    check_role(tx, PRESCRIPTION, "approve")
    me = await people.member(tx)
    duties = await people.on_duty(tx, institution_id=me.post.institution_id)
    persons = await access.open_desk(tx, purpose=Purpose.REVIEW)
    return ReviewDesk(
        post=me.post,
        findings=_findings(tx, me),
        duties=tuple(duties),
        queue=await _queue(tx, persons, await queries.to_review(tx, persons)),
    )


async def hand(tx: Tx, *, prescription_id: UUID) -> ReviewDesk:
    """Return one prescription to be read, beside the queue; one that is done can still be read.

    :raises NoSuchPerson, NoSuchPrescription, WrongRole:
    """
    check_role(tx, PRESCRIPTION, "approve")
    persons = await access.open_desk(tx, purpose=Purpose.REVIEW)
    lines = await queries.to_review(tx, persons)
    rows = await _queue(tx, persons, lines)
    row = next((one for one in rows if one.prescription.id == prescription_id), None)
    found = row.prescription if row else await _done(tx, persons, prescription_id)
    chart = await access.open_chart(
        tx, person_id=found.person_id, purpose=Purpose.REVIEW, what="prescription"
    )
    reviews = (await queries.reviews_of(tx, chart, prescriptions=[found]))[found.id]
    ids = {tx.actor.post_id, found.post_id, *(each.post_id for each in reviews)}
    posts = await people.posts(tx, ids=sorted(ids))
    return ReviewDesk(
        post=posts[tx.actor.post_id],
        findings=(),
        duties=tuple(await people.on_duty(tx, institution_id=tx.actor.institution_id)),
        queue=rows,
        hand=await _hand(
            tx,
            chart,
            found,
            row,
            doctor=posts[found.post_id],
            said=tuple(Said(each, posts[each.post_id]) for each in reviews),
        ),
    )


def _findings(tx: Tx, me: Member) -> tuple[Finding, ...]:
    return rules.duty_findings(me, registry.today(tx), profile.at(tx.now))


async def _done(tx: Tx, persons: Desk, prescription_id: UUID) -> Prescription:
    return await queries.at_desk(tx, persons, prescription_id=prescription_id)


async def _queue(tx: Tx, persons: Desk, lines: Sequence[ToReview]) -> tuple[Row, ...]:
    ids = sorted({line.prescription.person_id for line in lines})
    access.saw(tx, persons, person_ids=ids, what="review")
    known = await people.persons(tx, persons, person_ids=ids)
    rows = [_row(tx, line, known) for line in lines]
    numbers = profile.at(tx.now)
    return tuple(
        sorted(
            rows,
            key=lambda row: reading.rank(row.risk, _signed(row.line), now=tx.now, profile=numbers),
        )
    )


def _row(tx: Tx, line: ToReview, known: Mapping[UUID, Person]) -> Row:
    prescription = line.prescription
    person = known[prescription.person_id]
    age = person.age_on(registry.today(tx))
    findings = queries.findings_of(line.document)
    waited = (tx.now - _signed(line)) // MINUTE
    return Row(
        line=line,
        person=person,
        age=age,
        risk=reading.risk(prescription.sheet, findings, years=age, returned=line.returned),
        minutes=waited,
        late=waited >= profile.at(tx.now)["PH-11"],
        taken=not reading.is_free(line.claim, tx.actor.person_id, tx.now),
        own=not may_review(tx.actor.person_id, prescription),
    )


async def _hand(
    tx: Tx,
    chart: Chart,
    found: Prescription,
    row: Row | None,
    *,
    doctor: Post,
    said: tuple[Said, ...],
) -> Hand:
    person = row.person if row else await people.person(tx, chart)
    document = row.line.document if row else await _document(tx, chart, found)
    claim = row.line.claim if row else None
    may = row is not None and not row.own
    return Hand(
        prescription=found,
        document=document,
        patient=await workbench_desk.patient(tx, chart, person=person),
        doctor=doctor,
        drugs=_drugs(found, document),
        told=_told(found, document, drug=""),
        items=await review.suggested(tx, found, document) if may else (),
        reviews=said,
        claim=claim,
        own=row is not None and row.own,
        mine=claim is not None and claim.person_id == tx.actor.person_id,
        open=may and not (row is not None and row.taken),
        key_open=may and await _key_is_open(tx),
        last_day=_last_day(tx, found),
    )


async def _document(tx: Tx, chart: Chart, found: Prescription) -> Document:
    return (await queries.documents(tx, chart, prescriptions=[found]))[found.id]


async def _key_is_open(tx: Tx) -> bool:
    unlocking = (await signatures.own(tx)).unlocking
    return unlocking is not None and unlocking.is_open(tx.now)


def _last_day(tx: Tx, found: Prescription) -> date | None:
    """RX-01: it ends with a day, at the midnight after."""
    if found.expires_at is None:
        return None
    return time.last_day(found.expires_at, profile.at(tx.now).zone)


def _drugs(found: Prescription, document: Document) -> tuple[Drug, ...]:
    return tuple(
        Drug(
            line=line,
            name=papers.drug_text(line),
            use=papers.use_text(line),
            told=_told(found, document, drug=line.drug),
        )
        for line in found.sheet.lines
    )


def _told(found: Prescription, document: Document, *, drug: str) -> tuple[Told, ...]:
    """Return what was found about one drug, or about the whole, without what was safe."""
    reasons = {reason.finding: reason.text for reason in found.sheet.reasons}
    return tuple(
        Told(finding, reasons.get(finding.key, ""))
        for finding in queries.findings_of(document)
        if finding.drug == drug and finding.severity is not Severity.SAFE
    )


def _signed(line: ToReview) -> datetime:
    return line.prescription.signed_at or line.prescription.at
