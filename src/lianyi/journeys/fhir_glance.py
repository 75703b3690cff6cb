"""What most readers ask, answered by one statement: the door, the look and its log together.

Who asks for one person's records has mostly been through that door before. What opened it then is
presumed, and asked again where the resources are looked for; so is who asks, if a face only
presumes that too (`still`, further parts of that WHERE). None always means: ask the long way.
"""

from collections.abc import Sequence
from dataclasses import replace

from lianyi.access.model import RESIDENT
from lianyi.access.model.parts import Right
from lianyi.access.service import presuming
from lianyi.journeys import fhir_live, fhir_reach
from lianyi.kernel.db import Statement
from lianyi.kernel.work import Tx
from lianyi.records import queries as records
from lianyi.records.fhir.terms import Ids, Order, Search
from lianyi.records.model import Hit, Page

Still = Sequence[Statement]


async def own(tx: Tx, still: Still, *, type: str, fhir_id: str) -> Hit | None:
    """Return the one resource of a resident's own, if it is theirs."""
    if tx.actor.role != RESIDENT:
        return None
    search = Search(type, (Ids((fhir_id,)),))
    found = await _through(tx, still, search, right=Right.READ, limit=1, is_one=True)
    return found[0][0] if found else None


async def page(
    tx: Tx,
    still: Still,
    search: Search,
    *,
    order: Sequence[Order],
    after: Sequence[str],
    limit: int,
) -> Page | None:
    """Return the next resources of one person's that a search finds, with their places."""
    return await _through(
        tx, still, search, right=Right.SEARCH, order=order, after=after, limit=limit
    )


async def _through(
    tx: Tx,
    still: Still,
    search: Search,
    *,
    right: Right,
    order: Sequence[Order] = (),
    after: Sequence[str] = (),
    limit: int,
    is_one: bool = False,
) -> Page | None:
    if fhir_live.is_told(search.type):
        return None
    person_id = fhir_reach.person_in(search)
    door = await fhir_reach.presumed(tx, person_id, right)
    if door is None:
        return None
    found = await records.glance(
        tx,
        replace(door, still=(*still, *door.still)),
        search=replace(search, is_personal=person_id is not None),
        order=order,
        after=after,
        limit=limit,
        is_one=is_one,
    )
    if found is None:
        presuming.forget(tx, door, right)
    return found
