"""The medicines leave: over the counter, or by courier to the door, and sometimes back."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from lianyi.access.model import Chart
from lianyi.kernel import profile
from lianyi.kernel.lifecycle import check_role
from lianyi.kernel.work import Tx
from lianyi.pharmacy import events, rules
from lianyi.pharmacy.errors import NotBefore, NotHanded, WrongWay
from lianyi.pharmacy.model import Defect, Missed, Receiver, Refused, Sale, SaleState
from lianyi.pharmacy.service import moves
from lianyi.pharmacy.states import SALE
from lianyi.pharmacy.tables import sales, stock


async def hand_over(tx: Tx, chart: Chart, *, sale_id: UUID, receiver: Receiver) -> Sale:
    """Give the medicines to the person or a proxy whose identity was seen (INS-02, DS-16).

    :raises NotBefore: CON-14.
    :raises WrongWay, TooLate, NoSuchSale, WrongRole, WrongState:
    """
    sale = await moves.own(tx, chart, sale_id)
    check_role(tx, SALE, "hand_over")
    moves.check_state(sale, "hand_over", SaleState.READY)
    if sale.delivers:
        raise WrongWay
    moves.check_time(tx, sale)
    return await _hand(tx, sale, "hand_over", receiver)


async def send(tx: Tx, chart: Chart, *, sale_id: UUID) -> Sale:
    """Take a parcel over as its courier: from here on it is in one's own hands (DS-16).

    :raises NotBefore: CON-14.
    :raises WrongWay, TooLate, NoSuchSale, WrongRole, WrongState:
    """
    sale = await moves.own(tx, chart, sale_id)
    check_role(tx, SALE, "send")
    moves.check_state(sale, "send", SaleState.READY, SaleState.MISSED)
    if rules.is_before_approval(sale, tx.now):
        raise NotBefore
    if not sale.delivers:
        raise WrongWay
    moves.check_time(tx, sale)
    return await moves.go(tx, sale, "send", events.SaleSent)


async def miss(tx: Tx, chart: Chart, *, sale_id: UUID, reason: Missed) -> Sale:
    """Note that nobody took a parcel; it is tried again, for so many hours.

    :raises NoSuchSale, WrongRole, WrongState:
    """
    sale = await moves.own(tx, chart, sale_id)
    until = tx.now + timedelta(hours=profile.at(tx.now)["CAP-55"])
    missed = await moves.go(tx, sale, "miss", why=reason, due_at=until)
    await sales.mark_reason(tx, sale.id, reason)
    return replace(missed, reason=reason)


async def deliver(tx: Tx, chart: Chart, *, sale_id: UUID, receiver: Receiver) -> Sale:
    """Hand a parcel over at the door. Raises as `hand_over` does."""
    sale = await moves.own(tx, chart, sale_id)
    check_role(tx, SALE, "deliver")
    moves.check_state(sale, "deliver", SaleState.ON_THE_WAY)
    return await _hand(tx, sale, "deliver", receiver)


async def refuse(tx: Tx, chart: Chart, *, sale_id: UUID, reason: Refused) -> Sale:
    """Note that a parcel wasn't taken. It has left the house, so it is never sold again (DS-18).

    :raises NoSuchSale, WrongRole, WrongState:
    """
    sale = await moves.own(tx, chart, sale_id)
    return await moves.lose(tx, sale, "refuse", reason)


async def take_back(tx: Tx, chart: Chart, *, sale_id: UUID, reason: Defect) -> Sale:
    """Take medicines back for their quality or a recall; never onto the shelf (DS-18).

    :raises NotHanded, NoSuchSale, WrongRole, WrongState:
    """
    sale = await moves.own(tx, chart, sale_id)
    check_role(tx, SALE, "take_back")
    if sale.state is not SaleState.HANDED_OVER:
        raise NotHanded(state=sale.state)
    back = await moves.go(tx, sale, "take_back", events.SaleReturned, why=reason)
    await sales.mark_reason(tx, sale.id, reason)
    await stock.return_packs(tx, sale.id, reason)
    return back


async def _hand(tx: Tx, sale: Sale, verb: str, receiver: Receiver) -> Sale:
    if rules.is_before_approval(sale, tx.now):
        raise NotBefore
    await sales.mark_handed(tx, sale.id, receiver)
    handed = await moves.go(tx, sale, verb, events.SaleHandedOver)
    by, proxy = tx.actor.person_id, receiver.is_proxy
    return replace(handed, handed_by=by, handed_at=tx.now, by_proxy=proxy)
