"""How many an answer to other software shows, and that each of them is told (PRI-11, PRI-28)."""

from collections.abc import Collection, Iterable
from uuid import UUID

from lianyi.access import queries as consents
from lianyi.access import service as access
from lianyi.access.model import Chart, Desk
from lianyi.access.service import desks
from lianyi.journeys import fhir_reach
from lianyi.kernel import profile
from lianyi.kernel.work import Tx
from lianyi.records.errors import TooManyPersons
from lianyi.records.model import PUBLIC, Hit


async def check_series(tx: Tx, reach: Chart | Desk, types: set[str], weight: int) -> None:
    """PRI-11, PRI-28: more than these only where two have agreed that the app takes all of it."""
    most = profile.at(tx.now)["PRI-28"]
    if isinstance(reach, Desk) and weight > most and not await consents.is_agreed(tx, types=types):
        raise TooManyPersons(most=most)


async def tell(tx: Tx, reach: Chart | Desk, types: Collection[str], owners: Iterable[UUID]) -> None:
    """Count and tell the persons whom a desk's answer shows; a chart's is told when it opens.

    :raises TooManyToday:
    """
    if isinstance(reach, Desk):
        nobody = {PUBLIC, reach.institution_id}
        persons = [id for id in dict.fromkeys(owners) if id not in nobody]
        await desks.count(tx, reach, person_ids=persons, types=types)
        access.saw(tx, reach, person_ids=persons, what=fhir_reach.WHAT)


def whose(hits: Iterable[Hit]) -> list[UUID]:
    return list(dict.fromkeys(hit.owner for hit in hits if hit.owner != PUBLIC))
