"""The doctor's workbench: who waits, who is in hand, and what is known of them (医生工作台).

`queue` is the list of every page, `patient` its head and side: whoever builds a page of the
workbench asks for both and adds its own middle.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Cause, Chart, Purpose
from lianyi.booking import queries as booking
from lianyi.booking.model import Appointment, AppointmentState, Roster, Session
from lianyi.journeys import queue as waiting
from lianyi.kernel import profile, time
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import Person
from lianyi.records import queries as records
from lianyi.records.model import Allergies, Entry, Fact, Measurement, Medicine, Problem, Summary

INSIDE = frozenset({AppointmentState.CALLED, AppointmentState.WITH_DOCTOR})
EXPECTED = frozenset({AppointmentState.CONFIRMED, AppointmentState.MISSED})
SEEN = frozenset({AppointmentState.SEEN})
CURRENT = frozenset({"active", "recurrence", "relapse", ""})  # clinical states, and nothing said
TAKEN = frozenset({"active", "completed"})  # states of a medicine somebody may still take
ABNORMAL = {"HH": 0, "LL": 0, "H": 1, "L": 1}
TREND, EVENTS, FACTS = 8, 12, 4
AHEAD = 3  # sessions to come that an empty day names
WEIGHT = "29463-7"
VITAL = frozenset({WEIGHT, "8302-2", "39156-5", "8867-4", "9279-1", "8310-5", "85354-9", "59408-5"})
MINUTE = timedelta(minutes=1)
F = TypeVar("F", bound=Fact)


@dataclass(frozen=True, slots=True)
class Row:
    """One patient of the session. `person` is None for whom this desk may not see yet."""

    appointment: Appointment
    person: Person | None
    age: int | None
    minutes: int | None = None  # of waiting
    urgent: bool = False
    returning: bool = False


@dataclass(frozen=True, slots=True)
class Queue:
    """A doctor's day here. Without a session the rest is empty."""

    today: date
    sessions: tuple[Session, ...]
    session: Session | None
    inside: Row | None
    waiting: tuple[Row, ...]
    expected: tuple[Row, ...]
    seen: tuple[Row, ...]

    @property
    def rows(self) -> dict[UUID, Row]:
        inside = [self.inside] if self.inside else []
        every = (*inside, *self.waiting, *self.expected, *self.seen)
        return {row.appointment.id: row for row in every}


@dataclass(frozen=True, slots=True)
class Result:
    """The newest value of one kind; `trend` runs from old to new, in the same unit."""

    newest: Measurement
    place: str
    trend: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline. `elsewhere`: another institution wrote it."""

    entry: Entry
    place: str
    elsewhere: bool


@dataclass(frozen=True, slots=True)
class Patient:
    """Who is in hand, and what the door shows of them. `cause` says why it opened."""

    person: Person
    age: int
    cause: Cause
    allergies: Allergies
    problems: tuple[Problem, ...]
    medicines: tuple[Medicine, ...]
    weight: Measurement | None
    abnormal: tuple[Result, ...]
    normal: tuple[Result, ...]
    timeline: tuple[Line, ...]
    measurements: tuple[Measurement, ...]
    places: Mapping[UUID, str]


@dataclass(frozen=True, slots=True)
class Sitting:
    """A session still to come, and where it is. `here`: at the institution of the acting post."""

    session: Session
    place: str
    here: bool


@dataclass(frozen=True, slots=True)
class Workbench:
    """The workbench before anybody is in hand. Of a day without a session: what comes `next`."""

    queue: Queue
    next: tuple[Sitting, ...] = ()
    patient: None = None
    current: None = None


async def workbench(tx: Tx, *, session_id: UUID | None = None) -> Workbench:
    """Return the acting doctor's sessions of today and the patients of one of them.

    :raises NoSuchSession, WrongRole:
    """
    today = _today(tx)
    still = await booking.sessions_of(tx, doctor_id=tx.actor.person_id)
    here = tx.actor.institution_id
    mine = [one for one in still if one.day == today and one.institution_id == here]
    chosen = session_id or (mine[0].id if mine else None)
    if chosen is None:
        coming = await _sittings(tx, still[:AHEAD])
        return Workbench(Queue(today, (), None, None, (), (), ()), coming)
    found = await queue(tx, session_id=chosen)
    return Workbench(replace(found, sessions=tuple(mine)))


async def _sittings(tx: Tx, sessions: Sequence[Session]) -> tuple[Sitting, ...]:
    """Say where sessions are: who has several posts looks for them at the wrong one."""
    ids = sorted({one.institution_id for one in sessions})
    places = await people.institutions(tx, ids=ids) if ids else {}
    here = tx.actor.institution_id
    return tuple(
        Sitting(one, places[one.institution_id].name, one.institution_id == here)
        for one in sessions
    )


async def queue(tx: Tx, *, session_id: UUID) -> Queue:
    """Return the patients of one session, those who wait in the order of calling.

    :raises NoSuchSession, WrongRole:
    """
    roster = await waiting.roster(tx, session_id=session_id)
    desk = await access.open_desk(tx, purpose=Purpose.RECEIVE)
    ids = [one.person_id for one in roster.appointments]
    return _drawn(tx, roster, await people.persons(tx, desk, person_ids=ids))


async def patient(
    tx: Tx,
    chart: Chart,
    *,
    person: Person,
    lines: Sequence[Entry] | None = None,
    also: Collection[UUID] = (),
) -> Patient:
    """Return what the chart shows of somebody: three statements, whoever it is.

    A page that has read a part of the timeline gives its `lines`; `also` are institutions whose
    names it needs.
    """
    known = await records.summary(tx, chart)
    if lines is None:
        lines = await records.timeline(tx, chart, limit=EVENTS)
    holders = {line.holder_id for line in lines} | {one.holder_id for one in known.measurements}
    places = await people.institutions(tx, ids=sorted({*holders, *also}))
    names = {id: place.short_name for id, place in places.items()}
    results = _results(known, names)
    return Patient(
        person=person,
        age=person.age_on(_today(tx)),
        cause=chart.cause,
        allergies=replace(known.allergies, known=_distinct(known.allergies.known)),
        problems=_newest(each for each in known.problems if each.clinical in CURRENT),
        medicines=_newest(each for each in known.medicines if each.status in TAKEN),
        weight=next((one for one in known.measurements if one.what.code == WEIGHT), None),
        abnormal=tuple(one for one in results if one.newest.interpretation in ABNORMAL),
        normal=tuple(one for one in results if one.newest.interpretation not in ABNORMAL),
        timeline=_told(tx, lines, names),
        measurements=known.measurements,
        places=names,
    )


def _told(tx: Tx, entries: Sequence[Entry], names: dict[UUID, str]) -> tuple[Line, ...]:
    """Name the places of a timeline, and mark those that are not the reader's own."""
    here = tx.actor.institution_id
    return tuple(
        Line(entry, names.get(entry.holder_id, ""), entry.holder_id != here) for entry in entries
    )


def _drawn(tx: Tx, roster: Roster, persons: dict[UUID, Person]) -> Queue:
    today = _today(tx)
    rows = {one.id: _row(one, persons, today) for one in roster.appointments}
    turns = tuple(
        replace(
            rows[turn.appointment_id],
            minutes=(tx.now - turn.arrived_at) // MINUTE,
            urgent=turn.urgent,
            returning=turn.comes_back,
        )
        for turn in roster.turns
    )
    return Queue(
        today=today,
        sessions=(roster.session,),
        session=roster.session,
        inside=next(iter(_in_state(rows, INSIDE)), None),
        waiting=turns,
        expected=_in_state(rows, EXPECTED),
        seen=_in_state(rows, SEEN),
    )


def _newest(facts: Iterable[F]) -> tuple[F, ...]:
    """Return the newest few that are not the same thing again."""
    return _distinct(facts)[:FACTS]


def _distinct(facts: Iterable[F]) -> tuple[F, ...]:
    """Return what was said, each thing once however often it was said; the newest word counts."""
    by_name: dict[str, F] = {}
    for fact in facts:
        by_name.setdefault(fact.what.code or fact.what.text, fact)
    return tuple(by_name.values())


def _row(appointment: Appointment, persons: dict[UUID, Person], today: date) -> Row:
    person = persons.get(appointment.person_id)
    return Row(appointment, person, person.age_on(today) if person else None)


def _in_state(rows: dict[UUID, Row], states: frozenset[AppointmentState]) -> tuple[Row, ...]:
    return tuple(row for row in rows.values() if row.appointment.state in states)


def _results(known: Summary, names: dict[UUID, str]) -> list[Result]:
    """Return the newest of each kind, abnormal first. Vital signs have their own place."""
    series: dict[tuple[str, str], list[Measurement]] = {}
    for each in known.measurements:
        if each.what.code not in VITAL and (each.value is not None or each.words):
            series.setdefault((each.what.system, each.what.code or each.what.text), []).append(each)
    results = [_result(one, names) for one in series.values()]
    return sorted(results, key=lambda one: ABNORMAL.get(one.newest.interpretation, len(ABNORMAL)))


def _result(series: Sequence[Measurement], names: dict[UUID, str]) -> Result:
    newest = series[0]
    values = [each.value for each in series if each.unit == newest.unit and each.value is not None]
    return Result(newest, names.get(newest.holder_id, ""), tuple(reversed(values[:TREND])))


def _today(tx: Tx) -> date:
    return time.day(tx.now, profile.at(tx.now).zone)
