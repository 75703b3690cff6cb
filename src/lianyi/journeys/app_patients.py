"""Whom an app is about that a member of staff starts by itself: one of their own patients.

Nobody beyond their desk is looked for, and nobody is said to be elsewhere (INT-07); who has
objected to the app is not offered (PRI-04).
Source: SMART App Launch 2.2, "Requesting context with scopes" (`launch/patient`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from lianyi.access import queries as consents
from lianyi.access import service as access
from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import DOCTOR, RESIDENT, Desk
from lianyi.access.service import desks
from lianyi.accounts.model.apps import Ask, Context
from lianyi.booking import queries as booking
from lianyi.consult import queries as talks
from lianyi.journeys.fhir_reach import PURPOSES
from lianyi.kernel import profile, time
from lianyi.kernel.refusal import Invalid
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import Person
from lianyi.records import queries as records
from lianyi.records.fhir import searches

WHAT = "app"
SCOPE = "launch/patient"
MOST = 20  # as a search of people has


@dataclass(eq=False)
class NobodyChosen(Invalid):
    """The app is about one patient, and nobody was chosen."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Of whom one is chosen: the patients of the day, or whom a search found, who stay masked."""

    wanted: str
    today: date
    persons: tuple[Person, ...]


def is_wanted(tx: Tx, scopes: Sequence[str], context: Context | None) -> bool:
    """Tell whether somebody has to be chosen: a resident's app is about who sits there."""
    return SCOPE in scopes and context is None and tx.actor.role != RESIDENT


async def offered(tx: Tx, *, client_id: UUID, text: str) -> Choice:
    """Return whom the acting hat may open the app for: of today, or by name or its initials.

    :raises WrongRole:
    """
    wanted = text.strip()
    desk = await access.open_desk(tx, purpose=PURPOSES[tx.actor.role])
    found = await _named(tx, desk, wanted) if wanted else await _of_today(tx, desk)
    ids = await consents.open_to_app(tx, desk, app_id=client_id, person_ids=found)
    known = await people.persons(tx, desk, person_ids=ids)
    access.saw(tx, desk, person_ids=list(known), what=WHAT)
    today = time.day(tx.now, profile.at(tx.now).zone)
    return Choice(wanted, today, tuple(known[id] for id in ids if id in known))


async def chosen(tx: Tx, *, ask: Ask, person_id: UUID | None) -> Ask:
    """Return what an app asks, bound to whom somebody has chosen.

    :raises NobodyChosen, NoSuchPerson:
    """
    if person_id is None:
        raise NobodyChosen
    context = await started_for(tx, client_id=ask.client_id, person_id=person_id)
    return replace(ask, context=context)


async def started_for(tx: Tx, *, client_id: UUID, person_id: UUID, encounter: str = "") -> Context:
    """Bind a start of an app to whom it is about.

    :raises NoSuchPerson: also for whom this app, in these hands, may not see.
    """
    purpose = PURPOSES[tx.actor.role]
    await access.open_chart(tx, person_id=person_id, purpose=purpose, what=WHAT)
    desk = await access.open_desk(tx, purpose=purpose)
    if not await consents.open_to_app(tx, desk, app_id=client_id, person_ids=[person_id]):
        raise NoSuchPerson(person_id=person_id)
    return Context(tx.actor.person_id, tx.actor.post_id, person_id, encounter)


async def _of_today(tx: Tx, desk: Desk) -> list[UUID]:
    """Return the patients of the day, in the room first; of a doctor their own."""
    in_person = await booking.patients_of_today(tx, desk, limit=MOST)
    online = await talks.queue(tx, desk, limit=MOST) if tx.actor.role == DOCTOR else []
    return list(dict.fromkeys([*in_person, *(visit.person_id for visit in online)]))


async def _named(tx: Tx, desk: Desk, text: str) -> list[UUID]:
    """Find by a part of the name, its pinyin or initials, as the record's own search does."""
    search = searches.read("Patient", [("name:contains", text)], profile.at(tx.now).zone)
    if search.troubles:
        return []
    few = await desks.of_few(tx, desk, most=desks.FEW) or desk
    found = await records.search(tx, few, search=search, limit=MOST)
    return [hit.owner for hit, _ in found]
