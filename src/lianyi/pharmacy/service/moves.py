"""How a sale is locked, moved and timed: what the other parts of this service stand on."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from lianyi.access.model import Chart
from lianyi.kernel import timers
from lianyi.kernel.lifecycle import WrongState, advance
from lianyi.kernel.work import Tx
from lianyi.people.model import RESIDENT
from lianyi.pharmacy import events, rules
from lianyi.pharmacy.errors import NoSuchSale, NotBefore, NotInStock, PrescriptionExpired, TooLate
from lianyi.pharmacy.model import Line, Sale, SaleState, Slip, Want
from lianyi.pharmacy.queries import last_day
from lianyi.pharmacy.states import SALE
from lianyi.pharmacy.tables import sales, stock

DUE = "due"


async def own(tx: Tx, chart: Chart, sale_id: UUID) -> Sale:
    """Lock a sale of the chart's person: at the acting seller, or anywhere if it is their own.

    :raises NoSuchSale:
    """
    sale = await sales.lock(tx, sale_id)
    here = tx.actor.role == RESIDENT or sale.institution_id == tx.actor.institution_id
    if sale.person_id != chart.person_id or not here:
        raise NoSuchSale(id=sale_id)
    return sale


async def go(
    tx: Tx,
    sale: Sale,
    verb: str,
    kind: type[events.SaleEvent] = events.SaleMoved,
    *,
    why: str = "",
    due_at: datetime | None = None,
) -> Sale:
    """Move a sale, and set until when its next step must be made."""
    await advance(tx, SALE, sale.id, verb, why=why, event=kind(*about(sale)))
    await set_due(tx, sale, due_at)
    to = next(m.to for m in SALE.moves if m.verb == verb and m.from_ == sale.state)
    return replace(sale, state=SaleState(to), due_at=due_at)


async def set_due(tx: Tx, sale: Sale, due_at: datetime | None) -> None:
    await sales.mark_due(tx, sale.id, due_at)
    if due_at is None:
        await timers.clear(tx, thing_id=sale.id, name=DUE)
    else:
        event = events.SaleDue(*about(sale))
        await timers.set(tx, thing_id=sale.id, name=DUE, due_at=due_at, event=event)


async def lose(tx: Tx, sale: Sale, verb: str, reason: str) -> Sale:
    """End a sale whose parcel came back: what has left the house is never sold again (DS-18)."""
    ended = await go(tx, sale, verb, events.SaleEnded, why=reason)
    await sales.mark_reason(tx, sale.id, reason)
    await stock.return_packs(tx, sale.id, reason)
    return ended


def check_state(sale: Sale, verb: str, *states: SaleState) -> None:
    if sale.state not in states:
        raise WrongState(table=SALE.table, id=sale.id, verb=verb, state=sale.state)


def check_time(tx: Tx, sale: Sale) -> None:
    """Hold a step to its time: truth never waits for the timer.

    :raises TooLate:
    """
    if sale.due_at is not None and rules.is_overdue(sale, tx.now):
        raise TooLate(due_at=sale.due_at)


def check_prescription(tx: Tx, slip: Slip) -> None:
    """Hold the prescription to its law.

    :raises NotBefore, PrescriptionExpired:
    """
    if tx.now < slip.signed_at or tx.now < slip.approved_at:
        raise NotBefore
    if rules.is_expired(slip.valid_until, tx.now):
        raise PrescriptionExpired(valid_until=slip.valid_until)


async def check_stock(tx: Tx, seller_id: UUID, wants: tuple[Want | Line, ...]) -> None:
    """Refuse to promise what isn't there; nobody else promises meanwhile.

    :raises NotInStock:
    """
    await tx.alone(seller_id, "pharmacy.stock")
    codes = {want.code for want in wants}
    free = await stock.free(tx, [seller_id], codes, last_day(tx))
    missing = rules.missing(wants, {code: free.get((seller_id, code)) for code in codes})
    if missing:
        raise NotInStock(drugs=", ".join(missing))


def about(sale: Sale) -> tuple[UUID, UUID, UUID, UUID]:
    return sale.id, sale.person_id, sale.institution_id, sale.slip.prescription_id
