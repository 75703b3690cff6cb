"""What others may ask about a pharmacy. Whatever names a person wants a Chart or a Desk."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from lianyi.access.model import Chart, Desk
from lianyi.kernel import profile, time
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people.model import ADMIN, DRUG_AUTHORITY
from lianyi.pharmacy import rules
from lianyi.pharmacy.errors import NoSuchSale
from lianyi.pharmacy.model import (
    COUNTER,
    Batch,
    Check,
    Delivery,
    Sale,
    SaleState,
    Scanned,
    Seller,
    Shelf,
    Sold,
    Totals,
    Trace,
)
from lianyi.pharmacy.states import STOREKEEPERS
from lianyi.pharmacy.tables import sales, stock

LINES = 50


def today(tx: Tx) -> date:
    return time.day(tx.now, profile.at(tx.now).zone)


def last_day(tx: Tx) -> date:
    """PR-07: return the day up to which an expiry is too near."""
    return rules.last_good_day(today(tx), profile.at(tx.now)["PR-07"])


async def sellers(tx: Tx) -> list[Seller]:
    """Return every seller of the network; a hospital's fills what its own hospital prescribes."""
    return await stock.list_sellers(tx)


async def seller(tx: Tx, *, institution_id: UUID) -> Seller:
    """Return one seller.

    :raises NoSuchSeller:
    """
    return await stock.load_seller(tx, institution_id)


async def free(
    tx: Tx, *, institution_ids: Collection[UUID], codes: Collection[str]
) -> dict[tuple[UUID, str], Shelf]:
    """Return how many packs of which drug each seller can promise; nothing left is missing."""
    return await stock.free(tx, institution_ids, codes, last_day(tx))


async def batches(
    tx: Tx, *, near_expiry: bool = False, text: str = "", limit: int = LINES
) -> list[Batch]:
    """Return what is on the acting seller's shelves, what expires first on top.

    :raises WrongRole:
    """
    if tx.actor.role not in STOREKEEPERS:
        raise WrongRole(verb="batches", role=tx.actor.role)
    days = profile.at(tx.now)["PR-07.near"]
    until = rules.last_good_day(today(tx), days) if near_expiry else None
    return await stock.list_batches(tx, tx.actor.institution_id, until, text.strip(), limit)


async def sold(tx: Tx, *, limit: int = 20) -> list[Sold]:
    """Return the packs handed over last, by whichever seller, to the authority over sales.

    :raises WrongRole:
    """
    if tx.actor.role != DRUG_AUTHORITY:
        raise WrongRole(verb="sold", role=tx.actor.role)
    return await stock.list_sold(tx, limit)


async def trace(tx: Tx, *, code: str) -> Trace:
    """Return the way of a pack in the whole network, to the authority that watches over sales.

    :raises NoSuchPack, WrongRole:
    """
    if tx.actor.role != DRUG_AUTHORITY:
        raise WrongRole(verb="trace", role=tx.actor.role)
    return await stock.load_trace(tx, code.strip())


async def totals(tx: Tx, *, day: date) -> Totals:
    """Return what the acting seller handed over on a day.

    :raises WrongRole:
    """
    if tx.actor.role not in {*STOREKEEPERS, ADMIN}:
        raise WrongRole(verb="totals", role=tx.actor.role)
    since, until = time.span(day, profile.at(tx.now).zone)
    return await sales.totals(tx, tx.actor.institution_id, since, until)


async def sale(tx: Tx, desk: Desk, *, sale_id: UUID) -> Sale:
    """Return one sale of this seller.

    :raises NoSuchSale: also if this desk may not know of it.
    """
    found = await sales.find(tx, desk, sale_id)
    if found is None:
        raise NoSuchSale(id=sale_id)
    return found


async def counter(
    tx: Tx,
    desk: Desk,
    *,
    states: Collection[SaleState] = COUNTER,
    person_id: UUID | None = None,
    limit: int = LINES,
) -> list[Sale]:
    """Return what waits at this seller, oldest first."""
    return await sales.list_in(tx, desk, states, person_id, limit)


async def handed(tx: Tx, desk: Desk, *, day: date, limit: int = LINES) -> list[Sale]:
    """Return what this seller handed over on a day, newest first, what came back among it."""
    since, until = time.span(day, profile.at(tx.now).zone)
    return await sales.list_handed(tx, desk, since, until, limit)


async def named(tx: Tx, desk: Desk, *, text: str) -> list[Sale]:
    """Return this seller's sales with a prescription's number, or that a pack was scanned for."""
    code = rules.trace_code(text)
    return await sales.list_named(tx, desk, text.strip().upper(), code)


async def batch(tx: Tx, *, batch_id: UUID) -> tuple[Batch, list[str]]:
    """Return a batch of the acting seller, and the trace codes of it on the shelf.

    :raises NoSuchBatch, WrongRole:
    """
    if tx.actor.role not in STOREKEEPERS:
        raise WrongRole(verb="batch", role=tx.actor.role)
    found = await stock.load_batch(tx, tx.actor.institution_id, batch_id)
    return found, await stock.list_codes(tx, batch_id)


async def sales_of(
    tx: Tx, chart: Chart, *, prescription_ids: Sequence[UUID] | None = None, limit: int = LINES
) -> list[Sale]:
    """Return a person's sales, newest first, or those of these prescriptions."""
    return await sales.list_of(tx, chart, prescription_ids, limit)


async def sale_of(tx: Tx, chart: Chart, *, sale_id: UUID) -> Sale:
    """Return one sale of the chart's person.

    :raises NoSuchSale:
    """
    found = await sales.find_of(tx, chart, sale_id)
    if found is None:
        raise NoSuchSale(id=sale_id)
    return found


async def scans_of(tx: Tx, desk: Desk, *, sales_: Sequence[Sale]) -> list[Scanned]:
    """Return the packs scanned for sales this desk has."""
    return await stock.list_scans(tx, [one.id for one in sales_])


async def packs_of(tx: Tx, chart: Chart, *, sale: Sale) -> list[Scanned]:
    """Return the packs of a sale of the chart's person."""
    if sale.person_id != chart.person_id:
        raise NoSuchSale(id=sale.id)
    return await stock.list_scans(tx, [sale.id])


async def ticked(tx: Tx, desk: Desk, *, sale: Sale) -> frozenset[Check]:
    """PH-05: return which comparisons have been confirmed, those by scanning among them."""
    return await sales.list_ticked(tx, sale.id) | rules.proven(sale)


async def delivery_of(tx: Tx, desk: Desk, *, sale: Sale) -> Delivery | None:
    """Return where a sale this desk has goes to."""
    return await sales.load_delivery(tx, sale.id)


async def delivery_to(tx: Tx, chart: Chart, *, sale: Sale) -> Delivery | None:
    """Return where a sale of the chart's person goes to.

    :raises NoSuchSale:
    """
    if sale.person_id != chart.person_id:
        raise NoSuchSale(id=sale.id)
    return await sales.load_delivery(tx, sale.id)
