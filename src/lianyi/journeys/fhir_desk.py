"""The record as other software reads it: by id, by version, by search. The doors decide it all."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from lianyi.access import queries as consents
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
from lianyi.access.model.parts import ANY_TYPE, Right
from lianyi.access.service import desks
from lianyi.journeys import fhir_audit
from lianyi.kernel import profile
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.records import queries as records
from lianyi.records.errors import (
    Deleted,
    NoCriteria,
    NoPatient,
    NoSuchResource,
    NotSearchable,
    TooManyPersons,
    TooMuch,
)
from lianyi.records.fhir import searches
from lianyi.records.fhir.terms import (
    Changes,
    Ids,
    Include,
    Match,
    Order,
    Search,
    Target,
    Term,
    Trouble,
    Within,
)
from lianyi.records.model import PUBLIC, Hit
from lianyi.records.model.writing import Change

# Who reads records at all, and what for; a clerk or an administrator does not.
PURPOSES = {
    RESIDENT: Purpose.OWN,
    DOCTOR: Purpose.TREAT,
    NURSE: Purpose.TREAT,
    TECHNICIAN: Purpose.TREAT,
    PHARMACIST: Purpose.REVIEW,
}
WHAT = "fhir"
ALONG = 1000  # resources that come along with a page
ROUNDS = 3  # of includes that bring includes


@dataclass(frozen=True, slots=True)
class Asked:
    """One search: its parameters as they came, and how its answer is wanted."""

    type: str
    pairs: tuple[tuple[str, str], ...]
    within: Term | None = None  # a compartment
    sort: str = ""
    limit: int = 20
    after: tuple[str, ...] = ()
    shown: int = 0  # what the pages before this one weigh
    includes: tuple[tuple[str, str], ...] = ()
    counted: bool = False
    strict: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    hits: tuple[Hit, ...]
    along: tuple[Hit, ...]
    total: int | None
    after: tuple[str, ...]  # where the next page begins; empty where there is none
    ignored: tuple[Trouble, ...]

    @property
    def weight(self) -> int:
        """PRI-11: what a page adds to a series: its resources, or the persons who come along."""
        return max(len(self.hits), len(_persons((*self.hits, *self.along))))


async def read(tx: Tx, *, type: str, fhir_id: str) -> Hit:
    """Return one resource as it is now.

    :raises NoSuchResource: also if this reader may not know of it.
    :raises Deleted, WrongRole, OutOfScope:
    """
    access.check_scope(tx, type=type, right=Right.READ)
    search = Search(type, (Ids((fhir_id,)),))
    hit = await _own(tx, search)
    if hit is None:
        reach = await _reach_of(tx, type, fhir_id)
        hit = await _first(tx, reach, search)
        hit = hit or await records.fallen(tx, reach, type=type, fhir_id=fhir_id)
    if hit is None:
        raise NoSuchResource(type=type, fhir_id=fhir_id)
    if not hit.body:
        raise Deleted(type=type, fhir_id=fhir_id)
    return hit


async def _own(tx: Tx, search: Search) -> Hit | None:
    """Look among a resident's own first: most of them ask for nothing else."""
    reach = await _reach(tx, None, Right.READ) if tx.actor.role == RESIDENT else None
    return await _first(tx, reach, search) if reach else None


async def _first(tx: Tx, reach: Chart | Desk, search: Search) -> Hit | None:
    found = await fhir_audit.looked(tx, reach, search=search, limit=1)
    return found[0][0] if found else None


async def changes(tx: Tx, *, asked: Changes, limit: int, shown: int = 0) -> list[Change]:
    """Return versions of one resource, of a type or of all, the newest first.

    A history that names none is of one's own, or of what one's institution wrote.

    :raises NoSuchResource: there is no such version, or not for this reader.
    :raises TooManyPersons: PRI-11, from page to page.
    :raises WrongRole, OutOfScope:
    """
    if asked.fhir_id:
        access.check_scope(tx, type=asked.type, right=Right.READ)
        own = await _of_log(tx, asked)
        if own is not None:
            return own
        reach: Chart | Desk | None = await _reach_of(tx, asked.type, asked.fhir_id)
    else:
        access.check_scope(tx, type=asked.type or ANY_TYPE, right=Right.SEARCH)
        reach = await _reach(tx, None, Right.SEARCH)
    if reach is None:
        return []
    await _check_series(tx, reach, {asked.type}, shown + limit)
    found = await records.changes(tx, reach, asked=asked, limit=limit)
    if asked.fhir_id and not found and not shown:
        raise NoSuchResource(type=asked.type, fhir_id=asked.fhir_id)
    await _tell(tx, reach, {asked.type}, [one.owner for one in found])
    return found


async def _of_log(tx: Tx, asked: Changes) -> list[Change] | None:
    """Return the versions of a line of the log; None: nothing of it is asked.

    :raises NoSuchResource:
    """
    if asked.type != fhir_audit.TYPE or tx.actor.role != RESIDENT:
        return None
    reach = await chart_of(tx, person_id=None, right=Right.READ)
    found = await fhir_audit.changes(tx, reach, fhir_id=asked.fhir_id)
    if not found or asked.version not in {None, 1}:
        raise NoSuchResource(type=asked.type, fhir_id=asked.fhir_id)
    return found


async def matching(tx: Tx, *, type: str, pairs: Sequence[tuple[str, str]]) -> list[Hit]:
    """Return at most two of what criteria find, which tells whether they mean one.

    :raises NoCriteria, NotSearchable, WrongRole, OutOfScope:
    """
    access.check_scope(tx, type=type, right=Right.SEARCH)
    search, *_ = _understood(tx, Asked(type, tuple(pairs)))
    if not search.terms:
        raise NoCriteria(type=type)
    reach, search = await _opened(tx, search)
    if reach is None:
        return []
    hits = [hit for hit, _ in await records.search(tx, reach, search=search, limit=2)]
    await _tell(tx, reach, {type}, [hit.owner for hit in hits])
    return hits


def purpose_of(tx: Tx) -> Purpose:
    """Return what the acting hat keeps records for.

    :raises WrongRole:
    """
    purpose = access.entrusted_purpose(tx) or PURPOSES.get(tx.actor.role)
    if purpose is None:
        raise WrongRole(verb=WHAT, role=tx.actor.role)
    return purpose


async def latest(tx: Tx, *, pairs: Sequence[tuple[str, str]], each: int) -> list[Hit]:
    """Return the newest observations of each code, of one person.

    :raises NoPatient, TooMuch, NotSearchable, WrongRole, OutOfScope:
    """
    access.check_scope(tx, type="Observation", right=Right.SEARCH)
    search, *_ = _understood(tx, Asked("Observation", tuple(pairs)))
    reach = await _reach(tx, person_in(search), Right.SEARCH)
    if reach is None:
        return []
    if isinstance(reach, Desk):
        raise NoPatient
    found = await records.latest(tx, reach, search=search, each=each, limit=ALONG + 1)
    if len(found) > ALONG:
        raise TooMuch(most=ALONG)
    return found


async def chart_of(tx: Tx, *, person_id: UUID | None, right: Right) -> Chart:
    """Open the chart of whom a request names, or else of whom the hat is for.

    :raises NoSuchResource: the door stays closed.
    :raises NoPatient: nobody is named, and the hat is for many.
    :raises WrongRole:
    """
    reach = await _reach(tx, person_id, right)
    if reach is None:
        raise NoSuchResource(type="Patient", fhir_id=str(person_id))
    if isinstance(reach, Desk):
        raise NoPatient
    return reach


async def search(tx: Tx, *, asked: Asked) -> Answer:
    """Return a page of what a search finds.

    :raises NotSearchable: something of it can't be answered, and `strict` wants to know.
    :raises TooManyPersons: PRI-11, from page to page.
    :raises WrongRole, OutOfScope:
    """
    access.check_scope(tx, type=asked.type, right=Right.SEARCH)
    search, order, includes = _understood(tx, asked)
    reach, search = await _opened(tx, search)
    if reach is None:
        return Answer((), (), 0 if asked.counted else None, (), search.troubles)
    await _check_series(tx, reach, {asked.type}, asked.shown + asked.limit)
    if asked.type == fhir_audit.TYPE:
        fhir_audit.check_alone(includes)
    found = await fhir_audit.looked(
        tx, reach, search=search, order=order, after=asked.after, limit=asked.limit + 1
    )
    page = found[: asked.limit]
    hits = tuple(hit for hit, _ in page)
    answer = Answer(
        hits,
        await _along(tx, reach, hits, includes),
        await fhir_audit.counted(tx, reach, search=search) if asked.counted else None,
        page[-1][1] if len(found) > len(page) and page else (),
        search.troubles,
    )
    types = {asked.type, *(hit.type for hit in answer.along)}
    await _check_series(tx, reach, types, asked.shown + answer.weight)
    await _tell(tx, reach, types, [hit.owner for hit in (*answer.hits, *answer.along)])
    return answer


def _understood(tx: Tx, asked: Asked) -> tuple[Search, tuple[Order, ...], list[Include]]:
    search = searches.read(asked.type, asked.pairs, profile.at(tx.now).zone)
    order = searches.orders(asked.type, asked.sort)
    includes = [searches.include(*one) for one in asked.includes]
    wrong = [one for one in (order, *includes) if isinstance(one, Trouble)]
    terms = search.terms if asked.within is None else (asked.within, *search.terms)
    search = replace(search, terms=terms, troubles=(*search.troubles, *wrong))
    if search.troubles and asked.strict:
        raise NotSearchable(troubles=search.troubles)
    return (
        search,
        () if isinstance(order, Trouble) else order,
        [one for one in includes if isinstance(one, Include)],
    )


async def _reach_of(tx: Tx, type: str, fhir_id: str) -> Chart | Desk:
    """Open the door to whose resource it is.

    :raises NoSuchResource, WrongRole, OutOfScope:
    """
    owner = await records.owner_of(tx, type=type, fhir_id=fhir_id)
    reach = None
    if owner is not None:
        is_nobodys = owner in {PUBLIC, tx.actor.institution_id}
        reach = await _reach(tx, None if is_nobodys else owner, Right.READ)
    if reach is None:
        raise NoSuchResource(type=type, fhir_id=fhir_id)
    return reach


async def _reach(tx: Tx, person_id: UUID | None, right: Right) -> Chart | Desk | None:
    """Open a person's chart, or else the desk of who asks. None: a door that stays closed.

    An app that was started for a patient looks at that one, where it names nobody.

    :raises WrongRole:
    """
    who, purpose = tx.actor, purpose_of(tx)
    if person_id is None and who.role != RESIDENT and not (who.app_id and who.for_person_id):
        return await desks.named(tx, await access.open_desk(tx, purpose=purpose, right=right))
    person = person_id or who.subject_id
    try:
        return await access.open_chart(
            tx, person_id=person, purpose=purpose, what=WHAT, right=right
        )
    except (NoSuchPerson, ProofTooLow):
        return None


async def _opened(tx: Tx, search: Search) -> tuple[Chart | Desk | None, Search]:
    """Open the door that a search leads to; one that names a person looks among theirs alone."""
    person_id = person_in(search)
    reach = await _reach(tx, person_id, Right.SEARCH)
    return reach, replace(search, is_personal=person_id is not None)


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


async def _check_series(tx: Tx, reach: Chart | Desk, types: set[str], weight: int) -> None:
    """PRI-11, PRI-28: more than these only where two have agreed that the app takes all of it."""
    most = profile.at(tx.now)["PRI-28"]
    if isinstance(reach, Desk) and weight > most and not await consents.is_agreed(tx, types=types):
        raise TooManyPersons(most=most)


async def _along(
    tx: Tx, reach: Chart | Desk, hits: Sequence[Hit], includes: Sequence[Include]
) -> tuple[Hit, ...]:
    """Return what comes along, each once, and what comes along with that."""
    if not includes:
        return ()
    had = {(hit.type, hit.fhir_id) for hit in hits}
    found: list[Hit] = []
    fresh, wanted = list(hits), list(includes)
    for _ in range(ROUNDS):
        came: dict[tuple[str, str], Hit] = {}
        for one in wanted:
            for hit in await records.linked(tx, reach, hits=fresh, include=one, limit=ALONG):
                came.setdefault((hit.type, hit.fhir_id), hit)
        fresh = [hit for key, hit in came.items() if key not in had]
        had |= set(came)
        found += fresh
        wanted = [one for one in includes if one.iterates]
        if not fresh or not wanted:
            break
    return tuple(found[:ALONG])


async def _tell(
    tx: Tx, reach: Chart | Desk, types: Collection[str], owners: Iterable[UUID]
) -> None:
    """Count and tell the persons whom a desk's answer shows; a chart's is told when it opens.

    :raises TooManyToday:
    """
    if isinstance(reach, Desk):
        nobody = {PUBLIC, reach.institution_id}
        persons = [id for id in dict.fromkeys(owners) if id not in nobody]
        await desks.count(tx, reach, person_ids=persons, types=types)
        access.saw(tx, reach, person_ids=persons, what=WHAT)


def _persons(hits: Iterable[Hit]) -> list[UUID]:
    return list(dict.fromkeys(hit.owner for hit in hits if hit.owner != PUBLIC))
