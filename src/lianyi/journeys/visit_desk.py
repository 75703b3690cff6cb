"""What the workbench shows of one visit in person: its note, its orders, the past (接诊)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from lianyi.access import queries as readers
from lianyi.access import service as access
from lianyi.access.model import Chart, Consent, Glass, Purpose, Sensitive
from lianyi.billing import queries as money
from lianyi.booking import queries as booking
from lianyi.booking.errors import NoSuchAppointment
from lianyi.booking.model import Appointment
from lianyi.booking.states import APPOINTMENT
from lianyi.journeys import sharing, workbench_desk
from lianyi.journeys.note_form import Typed, typed
from lianyi.journeys.visit import UNDER_WAY
from lianyi.journeys.workbench_desk import Patient, Queue
from lianyi.kernel import cursors
from lianyi.kernel.money import to_fen
from lianyi.kernel.work import Tx
from lianyi.orders import fhir
from lianyi.orders import queries as laboratory
from lianyi.orders.model import Item, Order
from lianyi.orders.states import ORDER
from lianyi.people import queries as people
from lianyi.people.model import Institution, Person
from lianyi.records import queries as records
from lianyi.records.model import Entry, Mark, Measurement

P = TypeVar("P")
LINES = 30


@dataclass(frozen=True, slots=True)
class Visit(Generic[P]):
    """One visit of the acting doctor's, and what one page of it shows.

    `verbs` are the moves it may make now; `begun` says that notes and orders are taken.
    """

    queue: Queue
    patient: Patient
    appointment: Appointment
    verbs: frozenset[str]
    page: P

    @property
    def current(self) -> UUID:
        return self.appointment.id

    @property
    def begun(self) -> bool:
        return self.appointment.state in UNDER_WAY


@dataclass(frozen=True, slots=True)
class Written:
    """A note as its form shows it, when it was put down, and since when it is signed."""

    note: Typed | None
    at: datetime | None
    signed_at: datetime | None
    version: int | None


@dataclass(frozen=True, slots=True)
class Placed:
    """One order of the visit: its results, and what its doctor may do to it now."""

    order: Order
    fen: int | None
    results: tuple[Measurement, ...]
    verbs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Offer:
    item: Item
    fen: int


@dataclass(frozen=True, slots=True)
class Orders:
    placed: tuple[Placed, ...]
    offers: tuple[Offer, ...]
    wanted: str


@dataclass(frozen=True, slots=True)
class Past:
    """The timeline of all institutions or of one. `older` continues it."""

    holders: tuple[UUID, ...]
    holder_id: UUID | None
    older: str


@dataclass(frozen=True, slots=True)
class Permits:
    """What this institution was allowed, or has asked for; and a glass, if one lies broken."""

    consents: tuple[Consent, ...]
    glass: Glass | None
    places: tuple[Institution, ...]
    now: datetime
    classes: tuple[Sensitive, ...] = tuple(Sensitive)


@dataclass(frozen=True, slots=True)
class Hand:
    """A visit of the acting doctor's, with the chart that is open for it."""

    queue: Queue
    appointment: Appointment
    person: Person
    chart: Chart


async def note(tx: Tx, *, appointment_id: UUID) -> Visit[Written]:
    """Return the note of a visit as it was last put down or signed.

    :raises NoSuchAppointment, NoSuchPerson, WrongRole:
    """
    hand = await in_hand(tx, appointment_id)
    patient = await workbench_desk.patient(tx, hand.chart, person=hand.person)
    sheet = await records.sheet(tx, hand.chart, visit_id=appointment_id)
    shown = typed(sheet.note) if sheet.note else None
    written = Written(shown, sheet.at, sheet.signed_at, sheet.version)
    return framed(tx, hand, patient, written)


async def orders(tx: Tx, *, appointment_id: UUID, wanted: str = "") -> Visit[Orders]:
    """Return what was ordered and what can be. Raises as `note` does."""
    hand = await in_hand(tx, appointment_id)
    patient = await workbench_desk.patient(tx, hand.chart, person=hand.person)
    placed = await laboratory.orders_of(tx, hand.chart, encounter_id=appointment_id)
    here = tx.actor.institution_id
    items = await laboratory.items(tx, institution_id=here)
    prices = await money.prices(tx, institution_id=here)
    fen = {code: to_fen(price.unit_price) for code, price in prices.items()}
    found = Orders(
        placed=tuple(_placed(tx, order, patient, fen.get(order.code)) for order in placed),
        offers=tuple(Offer(i, fen[i.code]) for i in items if i.code in fen and _fits(i, wanted)),
        wanted=wanted,
    )
    return framed(tx, hand, patient, found)


async def past(
    tx: Tx, *, appointment_id: UUID, holder_id: UUID | None = None, cursor: str = ""
) -> Visit[Past]:
    """Return the timeline as far as the door lets it be seen (EMR-17). Raises as `note` does."""
    hand = await in_hand(tx, appointment_id)
    place = f"past {appointment_id} {holder_id}"
    before = _mark(cursors.read(tx, place, cursor))
    found = await records.timeline(
        tx, hand.chart, holder_id=holder_id, before=before, limit=LINES + 1
    )
    holders = await records.institutions(tx, hand.chart)
    shown = found[:LINES]
    patient = await workbench_desk.patient(
        tx, hand.chart, person=hand.person, lines=shown, also=holders
    )
    more = len(found) > LINES
    older = cursors.write(tx, place, _text(shown[-1])) if more else ""
    return framed(tx, hand, patient, Past(tuple(holders), holder_id, older))


async def permits(tx: Tx, *, appointment_id: UUID) -> Visit[Permits]:
    """Return why the chart is open, and what could open more. Raises as `note` does."""
    hand = await in_hand(tx, appointment_id)
    patient = await workbench_desk.patient(tx, hand.chart, person=hand.person)
    here = tx.actor.institution_id
    places = await people.institutions_of(tx, kinds=sharing.HOLDERS)
    given = await readers.consents(tx, hand.chart)
    found = Permits(
        consents=tuple(one for one in given if one.share.receiver_id == here),
        glass=await readers.own_glass(tx, hand.chart),
        places=tuple(place for place in places if place.id != here),
        now=tx.now,
    )
    return framed(tx, hand, patient, found)


async def in_hand(tx: Tx, appointment_id: UUID) -> Hand:
    """Return a visit of the acting doctor's with the patient's chart, for one of its pages.

    :raises NoSuchAppointment, NoSuchPerson, WrongRole:
    """
    desk = await access.open_desk(tx, purpose=Purpose.RECEIVE)
    known = await booking.appointments_by_id(tx, desk, ids=[appointment_id])
    appointment = known.get(appointment_id)
    if appointment is None:
        raise NoSuchAppointment(id=appointment_id)
    queue = await workbench_desk.queue(tx, session_id=appointment.session_id)
    row = queue.rows.get(appointment_id)
    mine = queue.session is not None and queue.session.doctor_id == tx.actor.person_id
    if row is None or row.person is None or not mine:
        raise NoSuchAppointment(id=appointment_id)
    chart = await access.open_chart(
        tx, person_id=appointment.person_id, purpose=Purpose.TREAT, what="visit"
    )
    return Hand(queue, appointment, row.person, chart)


def framed(tx: Tx, hand: Hand, patient: Patient, page: P) -> Visit[P]:
    verbs = APPOINTMENT.open_to(tx.actor.role, hand.appointment.state)
    return Visit(hand.queue, patient, hand.appointment, frozenset(verbs), page)


def _placed(tx: Tx, order: Order, patient: Patient, fen: int | None) -> Placed:
    ids = fhir.observation_ids(order)
    results = [each for each in patient.measurements if each.fhir_id in ids]
    verbs = ORDER.open_to(tx.actor.role, order.state)
    return Placed(order, fen, tuple(_abnormal_first(results)), frozenset(verbs))


def _abnormal_first(results: Collection[Measurement]) -> Sequence[Measurement]:
    rank = workbench_desk.ABNORMAL
    return sorted(results, key=lambda each: rank.get(each.interpretation, len(rank)))


def _fits(item: Item, wanted: str) -> bool:
    return wanted in item.label or wanted in item.code


def _text(entry: Entry) -> str:
    return f"{entry.at.isoformat()} {entry.type} {entry.fhir_id}"


def _mark(text: str) -> Mark | None:
    if not text:
        return None
    at, type, fhir_id = text.split(" ")
    return Mark(datetime.fromisoformat(at), type, fhir_id)
