"""Everything of a person or of an encounter, in one chart, with what it refers to."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Chart
from lianyi.access.model.parts import ANY_TYPE, Right
from lianyi.journeys import fhir_desk
from lianyi.kernel.work import Tx
from lianyi.records import queries as records
from lianyi.records.fhir.terms import Gathering, Include
from lianyi.records.model import Hit

BY_ANY = Include("", "", "", is_reverse=False, iterates=False)


@dataclass(frozen=True, slots=True)
class Gathered:
    """A page of it; `after` is where the next one begins, empty where there is none."""

    hits: tuple[Hit, ...]
    along: tuple[Hit, ...]
    after: tuple[str, ...]


async def of_patient(tx: Tx, *, person_id: UUID | None, asked: Gathering, limit: int) -> Gathered:
    """Return what is a person's: of who is named, or of whom the hat is for.

    :raises NoSuchResource: there is no such person, or not for this hat (INT-07).
    :raises NoPatient, WrongRole, OutOfScope:
    """
    _check_scopes(tx, asked)
    chart = await fhir_desk.chart_of(tx, person_id=person_id, right=Right.SEARCH)
    return await _gathered(tx, chart, asked, limit)


async def of_encounter(tx: Tx, *, asked: Gathering, limit: int) -> Gathered:
    """Return what was done in an encounter, which must be one that this hat may read.

    :raises NoSuchResource, Deleted, WrongRole, OutOfScope:
    """
    _check_scopes(tx, asked)
    encounter = await fhir_desk.read(tx, type="Encounter", fhir_id=asked.encounter)
    chart = await fhir_desk.chart_of(tx, person_id=encounter.owner, right=Right.SEARCH)
    return await _gathered(tx, chart, asked, limit)


def _check_scopes(tx: Tx, asked: Gathering) -> None:
    for type in asked.types or (ANY_TYPE,):
        access.check_scope(tx, type=type, right=Right.SEARCH)


async def _gathered(tx: Tx, chart: Chart, asked: Gathering, limit: int) -> Gathered:
    found = await records.gathered(tx, chart, asked=asked, limit=limit + 1)
    hits = tuple(found[:limit])
    last = hits[-1] if len(found) > limit else None
    along = await records.linked(tx, chart, hits=hits, include=BY_ANY, limit=fhir_desk.ALONG)
    kept = tuple(_others(chart, asked, hits, along))
    return Gathered(hits, kept, (last.type, last.fhir_id) if last else ())


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
