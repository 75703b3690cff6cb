"""What most readers ask, answered by one statement: the door, the look and its log together.

Who asks for one person's records has mostly been through that door before. What opened it then is
presumed, and asked again where the resources are looked for; so is who asks, if a face only
presumes that too (`still`, further parts of that WHERE). None always means: ask the long way,
which learns how the door opens.
"""

from collections.abc import Sequence
from dataclasses import replace

from lianyi.access.model import RESIDENT, Chart
from lianyi.access.model.parts import Right
from lianyi.access.service import presuming
from lianyi.journeys import fhir_live, fhir_reach
from lianyi.kernel.db import Statement
from lianyi.kernel.looks import Look
from lianyi.kernel.moment import Moment
from lianyi.kernel.work import Tx
from lianyi.records import queries as records
from lianyi.records.fhir.terms import Ids, Order, Search
from lianyi.records.model import Hit, Page

Still = Sequence[Statement]


def own(at: Moment, still: Still, *, type: str, fhir_id: str) -> Look[Hit] | None:
    """Return the look for one resource of a resident's own."""
    if at.actor.role != RESIDENT:
        return None
    search = Search(type, (Ids((fhir_id,)),))
    found = _through(at, still, search, right=Right.READ, limit=1, is_one=True)
    return found[1].then(lambda page: page[0][0] if page else None) if found else None


def page(
    at: Moment,
    still: Still,
    search: Search,
    *,
    order: Sequence[Order],
    after: Sequence[str],
    limit: int,
) -> Look[Page] | None:
    """Return the look for the next resources of one person's that a search finds."""
    found = _through(at, still, search, right=Right.SEARCH, order=order, after=after, limit=limit)
    return found[1] if found else None


async def opened(
    tx: Tx,
    still: Still,
    search: Search,
    *,
    order: Sequence[Order],
    after: Sequence[str],
    limit: int,
) -> tuple[Chart, Page] | None:
    """Return the same resources and the chart that has opened: through that others are looked for.

    It is open then as it is after the long way.
    """
    found = _through(tx, still, search, right=Right.SEARCH, order=order, after=after, limit=limit)
    page = await found[1].take(tx.db) if found else None
    return None if found is None or page is None else (found[0], page)


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


def _through(
    at: Moment,
    still: Still,
    search: Search,
    *,
    right: Right,
    order: Sequence[Order] = (),
    after: Sequence[str] = (),
    limit: int,
    is_one: bool = False,
) -> tuple[Chart, Look[Page]] | None:
    if fhir_live.is_told(search.type):
        return None
    person_id = fhir_reach.person_in(search)
    door = fhir_reach.presumed(at, person_id, right)
    if door is None:
        return None
    look = records.glance(
        at,
        replace(door, still=(*still, *door.still)),
        search=replace(search, is_personal=person_id is not None),
        order=order,
        after=after,
        limit=limit,
        is_one=is_one,
    )
    return door.chart, look.or_else(lambda: presuming.forget(at, door, right))
