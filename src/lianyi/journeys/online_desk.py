"""What a doctor's workbench shows of online visits: the queue, the conversation, the note."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Chart, Purpose
from lianyi.consult import queries
from lianyi.consult.errors import NoSuchVisit
from lianyi.consult.model import WITH_STAFF, Message, Offer, Proof, Reason, State, Visit
from lianyi.consult.rules import notices
from lianyi.consult.states import VISIT
from lianyi.files import queries as files
from lianyi.files.model import Content
from lianyi.journeys import workbench_desk
from lianyi.journeys.note_form import Asked, Typed, typed
from lianyi.journeys.workbench_desk import Patient
from lianyi.kernel import profile, time
from lianyi.kernel.lifecycle import check_role
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import Institution, Person, Post
from lianyi.prescribing import queries as prescribing
from lianyi.prescribing.model import Held
from lianyi.records import queries as records

P = TypeVar("P")
IN_SIGHT = WITH_STAFF | {State.STOPPED}
UNSEEN = "线上未查体。"
SOON = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Row:
    """One visit that waits for its doctor. `minutes` are left of the promised time.

    One that a red flag has stopped stands above them all.
    """

    visit: Visit
    person: Person | None
    age: int | None
    minutes: int | None

    @property
    def stopped(self) -> bool:
        return self.visit.state is State.STOPPED

    @property
    def urgent(self) -> bool:
        return self.minutes is not None and self.minutes * timedelta(minutes=1) <= SOON


@dataclass(frozen=True, slots=True)
class Halted:
    """A medicine of the doctor's that its seller keeps until they have decided (CON-28, CON-04)."""

    held: Held
    person: Person | None


@dataclass(frozen=True, slots=True)
class Mine:
    """The acting doctor's visits and what waits for a decision, with the persons of both."""

    visits: Sequence[Visit]
    held: Sequence[Held]
    persons: Mapping[UUID, Person]


@dataclass(frozen=True, slots=True)
class Online:
    """The doctor's online side. `until`: the identity counts as proven until then (CON-09).

    `hospital` is where visits are turned to: that behind an internet hospital, or the place itself.
    """

    me: Post
    hospital: Institution
    now: datetime
    until: datetime | None
    offers: tuple[Offer, ...]
    rows: tuple[Row, ...]
    halted: tuple[Halted, ...] = ()

    @property
    def is_online(self) -> bool:
        return self.until is not None and self.now < self.until


@dataclass(frozen=True, slots=True)
class Sheet:
    """The outpatient record as its form shows it: as put down, or begun from the intake."""

    note: Typed
    at: datetime | None
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Hand(Generic[P]):
    """The workbench with one visit in hand, or with none. `verbs` are its doctor's moves now.

    `page` is what one of the visit's further pages shows.
    """

    online: Online
    visit: Visit | None = None
    patient: Patient | None = None
    messages: tuple[Message, ...] = ()
    proofs: tuple[Proof, ...] = ()
    sheet: Sheet | None = None
    verbs: frozenset[str] = frozenset()
    conditions: tuple[Reason, ...] = notices.CONDITIONS
    list_version: str = notices.LIST_VERSION
    page: P | None = None

    @property
    def current(self) -> UUID | None:
        return self.visit.id if self.visit else None

    @property
    def undecided(self) -> bool:
        return self.visit is not None and self.visit.met is None

    @property
    def begun(self) -> bool:
        """Return whether a prescription may be written now (CON-03, CON-04, CON-26)."""
        visit = self.visit
        return visit is not None and visit.state is State.WITH_DOCTOR and bool(visit.met)


@dataclass(frozen=True, slots=True)
class Taken:
    """A visit in hand, with what its pages read further from."""

    hand: Hand[Any]
    visit: Visit
    patient: Patient
    chart: Chart


async def desk(tx: Tx) -> Hand[None]:
    """Return the queue of the acting doctor.

    :raises WrongRole:
    """
    mine = await _mine(tx)
    offers = await queries.offers_of(tx, post_ids=[tx.actor.post_id])
    return Hand(replace(await _online(tx, mine), offers=tuple(offers)))


async def hand(tx: Tx, *, visit_id: UUID) -> Hand[None]:
    """Return one visit of the acting doctor's with what was said, proven and written in it.

    :raises NoSuchVisit, NoSuchPerson, WrongRole:
    """
    taken = await in_hand(tx, visit_id=visit_id)
    visit, chart = taken.visit, taken.chart
    sheet = await records.sheet(tx, chart, visit_id=visit_id)
    note = typed(sheet.note) if sheet.note else _begun(visit)
    return replace(
        taken.hand,
        messages=tuple(await queries.messages_of(tx, chart, visit=visit)),
        proofs=tuple(await queries.proofs_of(tx, chart, visit=visit)),
        sheet=Sheet(note, sheet.at, sheet.signed_at),
    )


async def in_hand(tx: Tx, *, visit_id: UUID) -> Taken:
    """Return a visit of the acting doctor's and the patient's chart, for one of its pages.

    :raises NoSuchVisit, NoSuchPerson, WrongRole:
    """
    mine = await _mine(tx, also=visit_id)
    visit = next((one for one in mine.visits if one.id == visit_id), None)
    if visit is None or visit.person_id not in mine.persons:
        raise NoSuchVisit(id=visit_id)
    chart = await access.open_chart(
        tx, person_id=visit.person_id, purpose=Purpose.TREAT, what="consult"
    )
    patient = await workbench_desk.patient(tx, chart, person=mine.persons[visit.person_id])
    found: Hand[Any] = Hand(
        online=await _online(tx, mine),
        visit=visit,
        patient=patient,
        verbs=frozenset(VISIT.open_to(tx.actor.role, visit.state)),
    )
    return Taken(found, visit, patient, chart)


async def picture(tx: Tx, *, visit_id: UUID, file_id: UUID) -> Content:
    """Return a picture or paper of a visit of the acting doctor's.

    :raises NoSuchFile, NoSuchVisit, ContentLost, NoSuchPerson, WrongRole:
    """
    treating = await access.open_desk(tx, purpose=Purpose.TREAT)
    visit = await queries.own_visit(tx, treating, visit_id=visit_id)
    chart = await access.open_chart(
        tx, person_id=visit.person_id, purpose=Purpose.TREAT, what="consult"
    )
    return await files.content(tx, chart, file_id=file_id)


async def _mine(tx: Tx, also: UUID | None = None) -> Mine:
    """Return the acting doctor's visits, with those of their persons this desk may see."""
    check_role(tx, VISIT, "take")
    treating = await access.open_desk(tx, purpose=Purpose.TREAT)
    visits = await queries.queue(tx, treating, also=also)
    held = await prescribing.undecided(tx, treating)
    ids = sorted({v.person_id for v in visits} | {one.person_id for one in held})
    access.saw(tx, treating, person_ids=ids, what="consult")
    return Mine(visits, held, await people.persons(tx, treating, person_ids=ids))


async def _online(tx: Tx, mine: Mine) -> Online:
    persons = mine.persons
    visits = [one for one in mine.visits if one.state in IN_SIGHT]
    member = await people.member(tx)
    return Online(
        me=member.post,
        hospital=member.practice.parent or member.practice.institution,
        now=tx.now,
        until=await queries.online_until(tx),
        offers=(),
        rows=tuple(_row(tx, visit, persons.get(visit.person_id)) for visit in visits),
        halted=tuple(Halted(one, persons.get(one.person_id)) for one in mine.held),
    )


def _row(tx: Tx, visit: Visit, person: Person | None) -> Row:
    today = time.day(tx.now, profile.at(tx.now).zone)
    waits = visit.state in WITH_STAFF and visit.answered_at is None
    left = visit.due_at - tx.now if waits and visit.due_at else None
    minutes = None if left is None else max(left // timedelta(minutes=1), 0)
    return Row(visit, person, person.age_on(today) if person else None, minutes)


def _begun(visit: Visit) -> Typed:
    """Begin the record with what the patient told and what was proven; the doctor writes on."""
    told = visit.intake
    diagnosis = (f"{visit.code} {visit.name}",) if visit.code else ()
    present = "\n".join(text for text in (told.readings, told.medicines) if text)
    findings = UNSEEN if visit.state is State.WITH_DOCTOR else ""
    return Typed(told.complaint, present, "", Asked.UNASKED, "", findings, diagnosis, "", "")
