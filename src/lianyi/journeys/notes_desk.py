"""Outpatient notes as they are read: by their person, and by who treats them (查阅门诊病历)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.journeys import notes as journey
from lianyi.journeys.notes import Version
from lianyi.journeys.resident_desk import Who, enter
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import Person
from lianyi.records import queries as history

WHAT = "note"


@dataclass(frozen=True, slots=True)
class Line:
    """One note in a list."""

    id: UUID
    title: str
    at: datetime
    place: str


@dataclass(frozen=True, slots=True)
class NotesPage:
    who: Who
    locked: bool
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class NotePage:
    """One note to its person, every version of it, newest first (EMR-04, EMR-12)."""

    who: Who
    locked: bool
    versions: tuple[Version, ...] = ()


@dataclass(frozen=True, slots=True)
class Signed:
    """One note to who treats its person."""

    person: Person
    versions: tuple[Version, ...]


async def notes(tx: Tx) -> NotesPage:
    """Return the notes of the acting resident, or of whom they act for.

    :raises NoSuchPerson:
    """
    who, chart = await enter(tx, WHAT)
    if chart is None:
        return NotesPage(who, locked=True)
    entries = await history.timeline(tx, chart, types=["Composition"])
    places = await people.institutions(tx, ids=list({each.holder_id for each in entries}))
    lines = [
        Line(UUID(each.fhir_id), each.title, each.at, places[each.holder_id].name)
        for each in entries
        if not each.by_app  # what nobody signed here is read as a document
    ]
    return NotesPage(who, locked=False, lines=tuple(lines))


async def note(tx: Tx, *, visit_id: UUID) -> NotePage:
    """Return one of them with its signatures.

    :raises NoSuchPerson, NoSuchResource:
    """
    who, chart = await enter(tx, WHAT)
    if chart is None:
        return NotePage(who, locked=True)
    versions = await journey.versions(tx, chart, visit_id=visit_id)
    return NotePage(who, locked=False, versions=versions)


async def at_bedside(tx: Tx, *, person_id: UUID, visit_id: UUID) -> Signed:
    """Return somebody's note to who treats them.

    :raises NoSuchPerson, NoSuchResource:
    """
    chart = await access.open_chart(tx, person_id=person_id, purpose=Purpose.TREAT, what=WHAT)
    versions = await journey.versions(tx, chart, visit_id=visit_id)
    return Signed(await people.person(tx, chart), versions)
