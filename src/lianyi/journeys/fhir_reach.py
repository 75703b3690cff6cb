"""Whose chart, or which desk, a request of other software is answered through."""

from collections.abc import Iterable
from functools import lru_cache
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.errors import NoSuchPerson, ProofTooLow
from lianyi.access.model import (
    DOCTOR,
    NURSE,
    PHARMACIST,
    RESIDENT,
    TECHNICIAN,
    Chart,
    Desk,
    Purpose,
)
from lianyi.access.model.parts import Right
from lianyi.access.model.presumed import Presumed, PresumedDesk
from lianyi.access.service import desks, presuming, scoping
from lianyi.journeys import fhir_live
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.moment import Moment
from lianyi.kernel.work import Tx
from lianyi.records import queries as records
from lianyi.records.errors import NoPatient, NoSuchResource
from lianyi.records.fhir.terms import Ids, Match, Search, Target, Term, Within
from lianyi.records.model import PUBLIC

# Who reads records at all, and what for; a clerk or an administrator does not.
PURPOSES = {
    RESIDENT: Purpose.OWN,
    DOCTOR: Purpose.TREAT,
    NURSE: Purpose.TREAT,
    TECHNICIAN: Purpose.TREAT,
    PHARMACIST: Purpose.REVIEW,
}
WHAT = scoping.FHIR


def purpose_of(at: Moment, person_id: UUID | None = None) -> Purpose:
    """Return what the acting hat keeps records for. A refusal is logged, with whom it names.

    :raises WrongRole:
    """
    purpose = scoping.entrusted_purpose(at) or PURPOSES.get(at.actor.role)
    if purpose is None:
        scoping.refused(at, person_id=person_id)
        raise WrongRole(verb=WHAT, role=at.actor.role)
    return purpose


async def chart_of(tx: Tx, *, person_id: UUID | None, right: Right) -> Chart:
    """Open the chart of whom a request names, or else of whom the hat is for.

    :raises NoSuchResource: the door stays closed.
    :raises NoPatient: nobody is named, and the hat is for many.
    :raises WrongRole:
    """
    reach = await opened(tx, person_id, right)
    if reach is None:
        raise NoSuchResource(type="Patient", fhir_id=str(person_id))
    if isinstance(reach, Desk):
        raise NoPatient
    return reach


async def of_resource(tx: Tx, type: str, fhir_id: str) -> Chart | Desk:
    """Open the door to whose resource it is.

    :raises NoSuchResource, WrongRole, OutOfScope:
    """
    # Who keeps no records hears the same of what is there and of what isn't.
    purpose_of(tx, meant(type, fhir_id))
    owner = await records.owner_of(tx, type=type, fhir_id=fhir_id)
    reach = None
    if owner is not None:
        is_nobodys = owner in {PUBLIC, tx.actor.institution_id}
        reach = await opened(tx, None if is_nobodys else owner, Right.READ)
    if reach is None:
        raise NoSuchResource(type=type, fhir_id=fhir_id)
    return reach


def meant(type: str, fhir_id: str) -> UUID | None:
    """Return the person that an address names by itself."""
    return next(iter(_uuids([fhir_id] if type == "Patient" else [])), None)


def check_search(at: Moment, search: Search) -> None:
    """Refuse an app a search that none of its scopes permits.

    :raises OutOfScope:
    """
    whose = person_in(search)
    fhir_live.check_scope(at, type=search.type, right=Right.SEARCH, person_id=whose)


async def opened(tx: Tx, person_id: UUID | None, right: Right) -> Chart | Desk | None:
    """Open a person's chart, or else the desk of who asks. None: a door that stays closed.

    An app that was started for a patient looks at that one, where it names nobody.

    :raises WrongRole:
    """
    reach = await _opened(tx, person_id, right)
    if isinstance(reach, Desk):
        return await desks.named(tx, await desks.counting(tx, reach))
    return reach


async def _opened(tx: Tx, person_id: UUID | None, right: Right) -> Chart | Desk | None:
    """Open the same, a desk without the names of its persons."""
    purpose, person = purpose_of(tx, person_id), _whose(tx, person_id)
    if person is None:
        return await access.open_desk(tx, purpose=purpose, right=right)
    try:
        return await access.open_chart(
            tx, person_id=person, purpose=purpose, what=WHAT, right=right
        )
    except (NoSuchPerson, ProofTooLow):
        return None


async def for_search(tx: Tx, search: Search) -> tuple[Chart | Desk | None, Search]:
    """Open the door that a search leads to, and find out what is rare in it over a desk.

    A desk's persons are not named yet.
    """
    reach = await _opened(tx, person_in(search), Right.SEARCH)
    if isinstance(reach, Desk):
        reach = await desks.counting(tx, reach)
        if not fhir_live.is_told(search.type):
            search = await records.narrowed(tx, reach, search=search)
    return reach, search


async def named(tx: Tx, reach: Chart | Desk, search: Search) -> Chart | Desk:
    """Return the door to look through, with the names of a desk's persons if they are needed.

    Where few resources lead to what is found, each of these is asked whose it is.
    """
    if isinstance(reach, Chart) or search.is_led:
        return reach
    return await desks.named(tx, reach)


def presumed(at: Moment, person_id: UUID | None, right: Right) -> Presumed | None:
    """Return a person's chart as it has opened before. None: `opened` says more.

    :raises WrongRole:
    """
    purpose, person = purpose_of(at), _whose(at, person_id)
    if person is None:
        return None
    return presuming.chart(at, person_id=person, purpose=purpose, what=WHAT, right=right)


def presumed_desk(at: Moment, search: Search) -> PresumedDesk | None:
    """Return the desk that a search leads to. None: it leads to somebody's chart, or an app's desk.

    :raises WrongRole, OutOfScope:
    """
    purpose = purpose_of(at)
    if _whose(at, person_in(search)) is not None:
        return None
    nobody = (PUBLIC, at.actor.institution_id)
    return presuming.desk(at, purpose=purpose, what=WHAT, right=Right.SEARCH, nobody=nobody)


async def learn(tx: Tx, person_id: UUID | None, right: Right) -> None:
    """Have a person's chart presumed the next time.

    :raises WrongRole, OutOfScope:
    """
    purpose, person = purpose_of(tx), _whose(tx, person_id)
    if person is not None:
        await presuming.learn(tx, person_id=person, purpose=purpose, right=right)


def _whose(at: Moment, person_id: UUID | None) -> UUID | None:
    """Return whose chart is meant. None: a desk."""
    who = at.actor
    is_for_one = who.role == RESIDENT or (who.app_id and who.for_person_id)
    return person_id or (who.subject_id if is_for_one else None)


@lru_cache(300)
def person_in(search: Search) -> UUID | None:
    """Return the one person a search names, if it does."""
    named = {id for term in search.terms for id in _patients(term, search.type)}
    return named.pop() if len(named) == 1 else None


def _patients(term: Term, type: str) -> Iterable[UUID]:
    if isinstance(term, Ids) and type == "Patient":
        return _uuids(term.values)
    if isinstance(term, Within):
        return _uuids([term.target.id] if term.target.type == "Patient" else [])
    if isinstance(term, Match) and term.type == "reference" and len(term.values) == 1:
        targets = [one for one in term.values if isinstance(one, Target)]
        is_patient = term.name == "patient"
        return _uuids(t.id for t in targets if t.type == "Patient" or (is_patient and not t.type))
    return ()


def _uuids(texts: Iterable[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
