"""What others may ask about orders. Whatever names a person wants a Chart or a Desk."""

from collections.abc import Collection, Sequence
from uuid import UUID

from lianyi.access.model import Chart, Desk
from lianyi.kernel.work import Tx
from lianyi.orders import rules, tables
from lianyi.orders.errors import BadBarcode, NoSuchOrder
from lianyi.orders.model import BENCH, Call, Item, Order, Result, State

LINES = 50


async def items(tx: Tx, *, institution_id: UUID) -> list[Item]:
    """Return what can be ordered at an institution."""
    return await tables.list_items(tx, institution_id)


async def order(tx: Tx, desk: Desk, *, order_id: UUID) -> Order:
    """Return one order of this institution.

    :raises NoSuchOrder: also if this desk may not know of it.
    """
    found = await tables.find(tx, desk, order_id)
    if found is None:
        raise NoSuchOrder(id=order_id)
    return found


async def scanned(tx: Tx, desk: Desk, *, barcode: str) -> Order:
    """Return the order of a specimen by what its label says; a rejected one is nobody's.

    :raises BadBarcode, NoSuchSpecimen:
    """
    if not rules.is_barcode(barcode.strip()):
        raise BadBarcode
    return await tables.find_by_barcode(tx, desk, barcode.strip())


async def bench(
    tx: Tx, desk: Desk, *, states: Collection[State] = BENCH, limit: int = LINES
) -> list[Order]:
    """Return what waits at this institution, oldest first."""
    return await tables.list_in(tx, desk, states, limit)


async def orders_of(
    tx: Tx,
    chart: Chart,
    *,
    encounter_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = LINES,
) -> list[Order]:
    """Return a person's orders, newest first; the last id continues the list.

    The person may know how far an order has come, but not what its results did to it (IDN-11).
    """
    found = await tables.list_of(tx, chart, encounter_id, before, limit)
    return found if chart.sees_unreleased else [rules.as_shown(order) for order in found]


async def results_of(tx: Tx, desk: Desk, *, orders: Sequence[Order]) -> dict[UUID, list[Result]]:
    """Return what was measured, verified or not, for those at the bench (IDN-11)."""
    seen = [order.id for order in orders] if desk.sees_unreleased else []
    return await tables.list_results(tx, seen)


async def calls_of(tx: Tx, desk: Desk, *, orders: Sequence[Order]) -> list[Call]:
    """Return the calls about critical values, oldest first, those that failed among them."""
    return await tables.list_calls(tx, [order.id for order in orders])
