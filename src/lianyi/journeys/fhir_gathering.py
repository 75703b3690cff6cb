"""Everything of a person, an encounter or a document, in one chart, with what it refers to."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from lianyi.access.model import Chart
from lianyi.access.model.parts import ANY_TYPE, Right
from lianyi.access.service import scoping
from lianyi.journeys import fhir_along, fhir_desk, fhir_live, fhir_reach
from lianyi.journeys.fhir_along import Along
from lianyi.kernel.work import Tx
from lianyi.records import queries as records
from lianyi.records.errors import NoMatch
from lianyi.records.fhir import references
from lianyi.records.fhir.terms import Gathering, Ids, Include, Search
from lianyi.records.model import Hit

BY_ANY = Include("", "", "", is_reverse=False, iterates=False)


@dataclass(frozen=True, slots=True)
class Gathered:
    """A page of it; `after` is where the next one begins, empty where there is none."""

    hits: tuple[Hit, ...]
    along: Along
    after: tuple[str, ...]


async def of_patient(tx: Tx, *, person_id: UUID | None, asked: Gathering, limit: int) -> Gathered:
    """Return what is a person's: of who is named, or of whom the hat is for.

    :raises NoSuchResource: there is no such person, or not for this hat (INT-07).
    :raises NoPatient, WrongRole, OutOfScope:
    """
    _check_scopes(tx, asked, person_id)
    chart = await fhir_reach.chart_of(tx, person_id=person_id, right=Right.SEARCH)
    return await _gathered(tx, chart, asked, limit)


async def of_encounter(tx: Tx, *, asked: Gathering, limit: int) -> Gathered:
    """Return what was done in an encounter, which must be one that this hat may read.

    :raises NoSuchResource, Deleted, WrongRole, OutOfScope:
    """
    _check_scopes(tx, asked, None)
    encounter = await fhir_desk.read(tx, type="Encounter", fhir_id=asked.encounter)
    chart = await fhir_reach.chart_of(tx, person_id=encounter.owner, right=Right.SEARCH)
    return await _gathered(tx, chart, asked, limit)


async def of_composition(tx: Tx, *, fhir_id: str) -> list[Hit]:
    """Return a composition and all it refers to here, of what this hat may see.

    :raises NoSuchResource, Deleted, WrongRole, OutOfScope:
    :raises NoMatch: something isn't there, or not for this hat: a part would be no document.
    """
    first = await fhir_desk.read(tx, type="Composition", fhir_id=fhir_id)
    chart = await fhir_reach.chart_of(tx, person_id=first.owner, right=Right.READ)
    wanted: dict[str, list[str]] = {}
    for type, id in _referred(first):
        scoping.check_scope(tx, type=type, right=Right.READ)
        wanted.setdefault(type, []).append(id)
    return [first, *[hit for one in wanted.items() for hit in await _all(tx, chart, *one)]]


async def _all(tx: Tx, chart: Chart, type: str, ids: Sequence[str]) -> list[Hit]:
    asked = Search(type, (Ids(tuple(ids)),))
    found = await records.search(tx, chart, search=asked, limit=len(ids))
    held = {hit.fhir_id: hit for hit, _ in found}
    if missing := [id for id in ids if id not in held]:
        raise NoMatch(reference=f"{type}/{missing[0]}")
    return [held[id] for id in ids]


def _referred(composition: Hit) -> list[tuple[str, str]]:
    """Return what a composition refers to on this server, each once and in its order."""
    named = references.named(msgspec.json.decode(composition.body))
    found = (references.restful(one) for one in named if ":" not in one)
    own = (composition.type, composition.fhir_id)
    return [one for one in dict.fromkeys(filter(None, found)) if one != own]


def _check_scopes(tx: Tx, asked: Gathering, person_id: UUID | None) -> None:
    for type in asked.types or (ANY_TYPE,):
        fhir_live.check_stored(type)
        scoping.check_scope(tx, type=type, right=Right.SEARCH, person_id=person_id)


async def _gathered(tx: Tx, chart: Chart, asked: Gathering, limit: int) -> Gathered:
    found = await records.gathered(tx, chart, asked=asked, limit=limit + 1)
    most = fhir_along.MOST
    hits: Sequence[Hit] = ()
    came: list[Hit] = []
    for hits in fhir_along.halves(found[:limit]):
        came = await records.linked(tx, chart, hits=hits, include=BY_ANY, limit=most + 1)
        if len(came) <= most:
            break
    last = hits[-1] if len(found) > len(hits) else None
    along = Along(tuple(_others(chart, asked, hits, came[:most])), is_cut=len(came) > most)
    return Gathered(tuple(hits), along, (last.type, last.fhir_id) if last else ())


def _others(chart: Chart, asked: Gathering, hits: Sequence[Hit], along: Sequence[Hit]) -> list[Hit]:
    """Leave out what comes, or came, on a page of its own."""
    had = {(hit.type, hit.fhir_id) for hit in hits}
    return [
        one
        for one in along
        if (one.type, one.fhir_id) not in had
        and (not asked.types or one.type in asked.types)
        and (bool(asked.encounter) or one.owner != chart.person_id)
    ]
