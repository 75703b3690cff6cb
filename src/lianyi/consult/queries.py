"""What others may ask about online visits. Whatever names a person wants a Chart or a Desk."""

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from lianyi.access.model import Chart, Desk
from lianyi.consult import tables
from lianyi.consult.errors import NoSuchVisit
from lianyi.consult.model import WITH_STAFF, Kind, Message, Offer, Proof, Quality, Rating, Visit
from lianyi.consult.rules import notices
from lianyi.consult.rules.transcript import digest_of
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people.model import ADMIN

LINES = 50
IN_SIGHT = timedelta(days=3)  # RX-01: what was prescribed then may be valid for so long


async def offers(tx: Tx, *, limit: int = LINES) -> list[Offer]:
    """Return what doctors offer online, those who are online first."""
    return await tables.list_offers(tx, None, limit)


async def offers_of(tx: Tx, *, post_ids: Collection[UUID]) -> list[Offer]:
    return await tables.list_offers(tx, post_ids, LINES)


async def offer(tx: Tx, *, post_id: UUID, kind: Kind) -> Offer:
    """Return one offer.

    :raises NoSuchOffer:
    """
    return await tables.load_offer(tx, post_id, kind)


async def stars_of(tx: Tx, *, post_ids: Collection[UUID]) -> dict[UUID, tuple[int, Decimal]]:
    """Return how many patients rated these doctors, and how well."""
    return await tables.list_stars(tx, post_ids)


async def quality(tx: Tx, *, since: datetime, until: datetime) -> Quality:
    """Return what became of the acting institution's visits of a span.

    :raises WrongRole:
    """
    if tx.actor.role != ADMIN:
        raise WrongRole(verb="quality", role=tx.actor.role)
    return await tables.quality(tx, since, until)


async def online_until(tx: Tx) -> datetime | None:
    """Return until when the acting doctor's identity counts as proven (CON-09)."""
    return await tables.online_until(tx, tx.actor.post_id)


async def has_agreed(tx: Tx, chart: Chart) -> bool:
    """Return whether the risk notice of today was agreed to for this person (CON-17)."""
    return await tables.has_agreed(tx, chart.person_id, notices.NOTICE)


async def visit(tx: Tx, chart: Chart, *, visit_id: UUID) -> Visit:
    """Return one visit of the chart's person.

    :raises NoSuchVisit:
    """
    found = await tables.list_of(tx, chart, visit_id, None, 1)
    if not found:
        raise NoSuchVisit(id=visit_id)
    return found[0]


async def visits_of(
    tx: Tx, chart: Chart, *, before: UUID | None = None, limit: int = LINES
) -> list[Visit]:
    """Return a person's visits, newest first; the last id continues the list."""
    return await tables.list_of(tx, chart, None, before, limit)


async def queue(tx: Tx, desk: Desk, *, also: UUID | None = None, limit: int = LINES) -> list[Visit]:
    """Return the acting doctor's visits that wait or go on, the most urgent first.

    Above them stand those that a red flag has stopped lately; with them comes one that may be
    over, if it is asked for.
    """
    return await tables.list_own(tx, desk, WITH_STAFF, also, limit, stopped_since=tx.now - IN_SIGHT)


async def own_visit(tx: Tx, desk: Desk, *, visit_id: UUID) -> Visit:
    """Return a visit of the acting doctor's, in whatever state.

    :raises NoSuchVisit: also for another doctor's.
    """
    found = await tables.list_own(tx, desk, (), visit_id, 1)
    if not found:
        raise NoSuchVisit(id=visit_id)
    return found[0]


async def proofs_of(tx: Tx, chart: Chart, *, visit: Visit) -> list[Proof]:
    return await tables.list_proofs(tx, visit.id) if visit.person_id == chart.person_id else []


async def messages_of(tx: Tx, chart: Chart, *, visit: Visit) -> list[Message]:
    """Return what was said, oldest first."""
    return await tables.list_messages(tx, visit.id) if visit.person_id == chart.person_id else []


async def rating_of(tx: Tx, chart: Chart, *, visit: Visit) -> Rating | None:
    return await tables.find_rating(tx, visit.id) if visit.person_id == chart.person_id else None


async def is_as_closed(tx: Tx, chart: Chart, *, visit: Visit) -> bool:
    """Return whether a closed visit's conversation still is what it was (CON-18, EMR-06)."""
    sealed = await tables.find_transcript(tx, visit.id)
    messages = await messages_of(tx, chart, visit=visit)
    return sealed == (len(messages), digest_of(messages))
