"""What most readers ask, answered by one statement: the door, the look and its log together.

Who asks for one person's records has mostly been through that door before. What opened it then is
presumed, and asked again where the resources are looked for; so is who asks, if a face only
presumes that too (`still`, further parts of that WHERE). None always means: ask the long way,
which learns how the door opens.
"""

from collections.abc import Sequence
from dataclasses import replace

from lianyi.access.model import RESIDENT
from lianyi.access.model.parts import Right
from lianyi.access.service import presuming
from lianyi.journeys import fhir_live, fhir_reach
from lianyi.kernel.db import Statement
from lianyi.kernel.looks import Look
from lianyi.kernel.moment import Moment
from lianyi.records import queries as records
from lianyi.records.fhir.terms import Ids, Order, Search
from lianyi.records.model import Hit, Page

Still = Sequence[Statement]


def own(at: Moment, still: Still, *, type: str, fhir_id: str) -> Look[Hit] | None:
    """Return the look for one resource of a resident's own."""
    if at.actor.role != RESIDENT:
        return None
    search = Search(type, (Ids((fhir_id,)),))
    look = _through(at, still, search, right=Right.READ, limit=1, is_one=True)
    return look.then(lambda found: found[0][0] if found else None) if look else None


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
    return _through(at, still, search, right=Right.SEARCH, order=order, after=after, limit=limit)


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
) -> Look[Page] | None:
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
    return look.or_else(lambda: presuming.forget(at, door, right))
