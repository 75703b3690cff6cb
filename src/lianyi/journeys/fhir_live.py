"""Types that their domain tells as they are now, beside those that the record holds.

Here alone is chosen who answers. What such a type can't be asked, and what of the record can't be
asked over it, is refused by name: an empty answer would be a wrong one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from uuid import UUID

import msgspec

from lianyi.access.model import Chart, Desk
from lianyi.access.model.parts import Right
from lianyi.access.service import scoping
from lianyi.journeys import fhir_audit, fhir_slots, fhir_terms
from lianyi.kernel.moment import Moment
from lianyi.kernel.work import Tx
from lianyi.records import queries as records
from lianyi.records.fhir import references
from lianyi.records.fhir.terms import (
    Chain,
    Ids,
    Include,
    Match,
    Order,
    Reverse,
    Search,
    Target,
    Term,
    Total,
    Trouble,
    Why,
)
from lianyi.records.model import Hit, Page

TOLD = {fhir_audit.TYPE: fhir_audit.KNOWN, fhir_slots.TYPE: fhir_slots.KNOWN}
# What isn't told of a type's history: a line of the log has its one version, a Slot none.
UNTOLD: Mapping[str, frozenset[str]] = {
    fhir_audit.TYPE: frozenset({"history-type"}),
    fhir_slots.TYPE: frozenset({"vread", "history-instance", "history-type"}),
}
SLOT, SCHEDULE, APPOINTMENT = fhir_slots.TYPE, fhir_slots.SCHEDULE, "Appointment"


def is_told(type: str) -> bool:
    """Tell whether a type is in no record, and so in no export, subscription or chain."""
    return type in TOLD


def is_open(type: str) -> bool:
    """Tell whether a type names nobody: no door is asked for it."""
    return type == SLOT


def keeps(type: str, interaction: str) -> bool:
    """Tell whether a type has a kind of history."""
    return interaction not in UNTOLD.get(type, ())


def check_scope(at: Moment, *, type: str, right: Right, person_id: UUID | None = None) -> None:
    """Refuse an app what none of its scopes permits.

    :raises OutOfScope: INT-04, also where one leaves a part of what can't be kept to that part.
    """
    whole = is_told(type)
    scoping.check_scope(at, type=type, right=right, whole=whole, person_id=person_id)


def check_stored(type: str) -> None:
    """Refuse what goes over the record alone.

    :raises NotSearchable:
    """
    if is_told(type):
        raise fhir_terms.unasked(type, Why.LIVE)


def understood(search: Search) -> Search:
    """Return a search without what can't be asked where its type is told; its troubles say what."""
    wrong = {term: tuple(_wrong(search.type, term)) for term in search.terms}
    kept = tuple(term for term in search.terms if not wrong[term])
    found = chain.from_iterable(wrong.values())
    return replace(search, terms=kept, troubles=(*search.troubles, *found))


def ordered(type: str, order: tuple[Order, ...]) -> tuple[Order, ...] | Trouble:
    """Return the order, if the type can be sorted so."""
    can = type not in TOLD or all(one.name in TOLD[type].sorts for one in order)
    return order if can else Trouble("_sort", Why.UNKNOWN)


async def looked(
    tx: Tx,
    reach: Chart | Desk | None,
    *,
    search: Search,
    order: Sequence[Order] = (),
    after: Sequence[str] = (),
    limit: int,
) -> Page:
    """Look where a type is told, for who has come through a door; `None` is for what needs none.

    :raises NotSearchable: something of it can't be asked there.
    :raises OutOfScope: INT-04: no scope leaves the whole log.
    """
    if is_open(search.type):
        return await fhir_slots.search(tx, search=search, order=order, after=after, limit=limit)
    if fhir_audit.tells(reach, search.type):
        return await fhir_audit.search(
            tx, reach, search=search, order=order, after=after, limit=limit
        )
    if reach is None:
        return []
    return await records.search(tx, reach, search=search, order=order, after=after, limit=limit)


async def how_many(tx: Tx, reach: Chart | Desk | None, *, search: Search) -> Total:
    """Return how many `looked` would find. Raises as that does."""
    if is_open(search.type):
        return Total(await fhir_slots.how_many(tx, search=search))
    if fhir_audit.tells(reach, search.type):
        return Total(await fhir_audit.how_many(tx, reach, search=search))
    return Total(0) if reach is None else await records.how_many(tx, reach, search=search)


async def linked(
    tx: Tx, reach: Chart | Desk, *, hits: Sequence[Hit], include: Include, limit: int
) -> list[Hit]:
    """Return what comes along with some resources, of what this reader may see."""
    found = await records.linked(tx, reach, hits=hits, include=include, limit=limit)
    for search in _beside(hits, include):
        if scoping.permits(tx, type=search.type, right=Right.SEARCH, whole=is_told(search.type)):
            came = await looked(tx, reach, search=search, limit=limit)
            found = [*found, *(hit for hit, _ in came)]
    return found


def _beside(hits: Sequence[Hit], include: Include) -> list[Search]:
    """Return what to look for where a link leads from or to what no record knows."""
    if include.type == fhir_audit.TYPE:
        return fhir_audit.beside(hits, include)
    search = _beside_slot(hits, include)
    return [] if search is None else [search]


def _beside_slot(hits: Sequence[Hit], include: Include) -> Search | None:
    match include.type, include.name, include.is_reverse:
        case "Slot", "schedule" | "", True:
            schedules = tuple(Target(SCHEDULE, it.fhir_id) for it in hits if it.type == SCHEDULE)
            term: Term = Match("schedule", "reference", "", schedules)
            return Search(SLOT, (term,)) if schedules else None
        case "Slot", "schedule" | "", False:
            return _named(hits, SLOT, SCHEDULE, include)
        case "Appointment", "slot" | "", False:
            return _named(hits, APPOINTMENT, SLOT, include)
    return None


def _named(hits: Sequence[Hit], type: str, target: str, include: Include) -> Search | None:
    bodies = (msgspec.json.decode(hit.body) for hit in hits if hit.type == type)
    links = (references.restful(one) for body in bodies for one in references.named(body))
    ids = tuple(dict.fromkeys(link[1] for link in links if link and link[0] == target))
    return Search(target, (Ids(ids),)) if ids and include.target in {"", target} else None


def _wrong(type: str, term: Term) -> Iterator[Trouble]:
    if type in TOLD:
        yield from fhir_terms.troubles(term, TOLD[type])
    elif isinstance(term, Chain | Reverse):
        if is_told(term.type):
            yield Trouble(fhir_terms.over(term), Why.LIVE)
        yield from _wrong(type, term.term)
