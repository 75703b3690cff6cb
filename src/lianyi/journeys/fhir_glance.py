"""What most readers ask, answered by one statement: the door, the look and its log together.

Who asks for one person's records has mostly been through that door before. What opened it then is
presumed, and asked again where the resources are looked for; so is who asks, if a face only
presumes that too (`still`, further parts of that WHERE). None always means: ask the long way,
which learns how the door opens.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar
from uuid import UUID

from lianyi.access.model import RESIDENT, Chart
from lianyi.access.model.parts import Right
from lianyi.access.model.presumed import Presumed
from lianyi.access.service import presuming
from lianyi.journeys import fhir_live, fhir_reach
from lianyi.kernel.db import Statement
from lianyi.kernel.looks import Look
from lianyi.kernel.moment import Moment
from lianyi.kernel.work import Tx
from lianyi.records import queries as records
from lianyi.records.fhir.terms import Order, Search
from lianyi.records.model import Hit, Page
from lianyi.records.model.leaves import Frame, Leaf

T = TypeVar("T")
Still = Sequence[Statement]


def own(at: Moment, still: Still, *, type: str, fhir_id: str) -> Look[Hit] | None:
    """Return the look for one resource of a resident's own."""
    if at.actor.role != RESIDENT or fhir_live.is_told(type):
        return None
    door = _presumed(at, still, None, Right.READ)
    if door is None:
        return None
    look = records.glance_at(at, door, type=type, fhir_id=fhir_id)
    return _remembering(at, door, Right.READ, look).then(_first)


def page(
    at: Moment,
    still: Still,
    search: Search,
    *,
    order: Sequence[Order],
    after: Sequence[str],
    limit: int,
    frame: Frame | None,
) -> tuple[Chart, Look[Leaf]] | None:
    """Return the look for the next resources of one person's that a search finds, and the chart.

    If they are found that is open, as it is after the long way. With a frame they are written out.
    """
    if fhir_live.is_told(search.type):
        return None
    door = _presumed(at, still, fhir_reach.person_in(search), Right.SEARCH)
    if door is None:
        return None
    look = records.glance(
        at, door, search=search, order=order, after=after, limit=limit, frame=frame
    )
    return door.chart, _remembering(at, door, Right.SEARCH, look)


async def over(
    tx: Tx,
    still: Still,
    search: Search,
    *,
    order: Sequence[Order],
    after: Sequence[str],
    limit: int,
) -> Page | None:
    """Return the next resources over a desk, with their places; the last is no part of the page."""
    if fhir_live.is_told(search.type):
        return None
    door = fhir_reach.presumed_desk(tx, search)
    if door is None:
        return None
    return await records.glance_over(
        tx, replace(door, still=tuple(still)), search=search, order=order, after=after, limit=limit
    )


def _presumed(at: Moment, still: Still, person_id: UUID | None, right: Right) -> Presumed | None:
    """Return a door as it has opened before, that asks whether `still` holds as well."""
    door = fhir_reach.presumed(at, person_id, right)
    return door and Presumed(door.chart, (*still, *door.still), door.told)


def _remembering(at: Moment, door: Presumed, right: Right, look: Look[T]) -> Look[T]:
    """Return the look after which a door that was found shut is forgotten."""
    return look.or_else(partial(presuming.forget, at, door, right))


def _first(found: Sequence[Hit]) -> Hit | None:
    return found[0] if found else None
