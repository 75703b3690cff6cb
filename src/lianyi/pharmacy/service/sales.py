"""A sale from the choice of a seller to its end without medicines."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from lianyi.access.model import Chart
from lianyi.kernel import profile
from lianyi.kernel.lifecycle import check_role
from lianyi.kernel.work import Tx
from lianyi.pharmacy import events, rules, states
from lianyi.pharmacy.errors import AddressMissing, CanNotSell, NoDelivery
from lianyi.pharmacy.model import (
    Declined,
    Delivery,
    Line,
    Missed,
    Sale,
    SaleState,
    Seller,
    SellerKind,
    Slip,
    Want,
    Withdrawn,
)
from lianyi.pharmacy.service import moves
from lianyi.pharmacy.states import SALE
from lianyi.pharmacy.tables import sales, stock
from lianyi.terminology import queries as terminology


async def choose(
    tx: Tx,
    chart: Chart,
    *,
    seller_id: UUID,
    slip: Slip,
    wants: Sequence[Want],
    delivery: Delivery | None = None,
    delivery_fen: int = 0,
) -> Sale:
    """Choose who fills a prescription of the chart's person, at the prices shown.

    A hospital promises the packs at once and waits for the money; a store is asked first.

    :raises NoSuchSeller, NotBefore, PrescriptionExpired, CanNotSell, NoDelivery, AddressMissing:
    :raises AlreadyWithSeller, NotInStock, WrongRole:
    """
    seller = await stock.load_seller(tx, seller_id)
    verb = "offer" if seller.kind is SellerKind.HOSPITAL else "ask"
    check_role(tx, SALE, verb)
    moves.check_prescription(tx, slip)
    _check_way(seller, wants, delivery)
    await moves.check_stock(tx, seller_id, tuple(wants))
    sale = _new(tx, chart, seller, slip, wants)
    sale = replace(sale, delivers=delivery is not None, delivery_fen=delivery_fen)
    await sales.insert(tx, sale, verb, wants, delivery)
    await moves.set_due(tx, sale, sale.due_at)
    return sale


async def accept(tx: Tx, chart: Chart, *, sale_id: UUID) -> Sale:
    """Take a prescription on at the acting store: its packs are promised from now on.

    :raises NoSuchSale, NotInStock, TooLate, PrescriptionExpired, WrongRole, WrongState:
    """
    sale = await moves.own(tx, chart, sale_id)
    check_role(tx, SALE, "accept")
    moves.check_state(sale, "accept", SaleState.ASKED)
    moves.check_time(tx, sale)
    moves.check_prescription(tx, sale.slip)
    await moves.check_stock(tx, sale.institution_id, sale.lines)
    return await moves.go(tx, sale, "accept", due_at=sale.slip.valid_until)


async def clear(tx: Tx, *, sale_id: UUID) -> Sale | None:
    """Go on with a sale that is paid. None: it is over, so the money goes back."""
    sale = await sales.lock(tx, sale_id)
    if sale.state is SaleState.UNPAID:
        return await moves.go(tx, sale, "clear", due_at=sale.slip.valid_until)
    if sale.state is SaleState.BILLED:
        return await moves.go(tx, sale, "clear", events.SaleReady, due_at=collect_by(tx, sale))
    return None


async def decline(tx: Tx, chart: Chart, *, sale_id: UUID, reason: Declined) -> Sale:
    """Say that this seller can't fill it; what was scanned goes back on the shelf.

    :raises NoSuchSale, WrongRole, WrongState:
    """
    sale = await moves.own(tx, chart, sale_id)
    return await _end(tx, sale, "decline", reason)


async def withdraw(
    tx: Tx, chart: Chart, *, sale_id: UUID, reason: Withdrawn = Withdrawn.OTHER
) -> Sale:
    """Take a prescription away from a seller before the medicines leave.

    :raises NoSuchSale, WrongRole, WrongState:
    """
    sale = await moves.own(tx, chart, sale_id)
    return await _end(tx, sale, "withdraw", reason)


async def lapse(tx: Tx, *, sale_id: UUID, reason: str, early: bool = False) -> Sale | None:
    """End a sale whose time is over, or whose prescription is. None: it isn't, or is over.

    A parcel nobody took in time has left the house, and counts as refused (DS-18).
    """
    sale = await sales.lock(tx, sale_id)
    if sale.state in states.IN_HOUSE and (early or rules.is_overdue(sale, tx.now)):
        return await _end(tx, sale, "lapse", reason)
    if sale.state is SaleState.MISSED and rules.is_overdue(sale, tx.now):
        return await moves.lose(tx, sale, "give_up", Missed.NOBODY_HOME)
    return None


async def live_of(tx: Tx, *, prescription_id: UUID) -> UUID | None:
    """Return the sale a prescription is with, for those who must end it with the prescription."""
    found = await sales.find_live(tx, prescription_id)
    return found.id if found else None


async def on_the_way(tx: Tx, *, person_id: UUID) -> set[UUID]:
    """Return the prescriptions of a person whose medicines a courier has."""
    return await sales.list_on_the_way(tx, person_id)


async def waiting_for_money(tx: Tx, *, sale_id: UUID) -> Sale | None:
    """Return a sale that still waits to be paid."""
    sale = await sales.lock(tx, sale_id)
    return sale if sale.state in {SaleState.UNPAID, SaleState.BILLED} else None


def collect_by(tx: Tx, sale: Sale) -> datetime:
    """RX-01: it leaves the pharmacy while the prescription is valid, or not at all."""
    soon = tx.now + timedelta(hours=profile.at(tx.now)["CAP-55"])
    return min(soon, sale.slip.valid_until)


def pay_by(tx: Tx, slip: Slip) -> datetime:
    soon = tx.now + timedelta(minutes=profile.at(tx.now)["CAP-52.pay"])
    return min(soon, slip.valid_until)


async def _end(tx: Tx, sale: Sale, verb: str, reason: str) -> Sale:
    ended = await moves.go(tx, sale, verb, events.SaleEnded, why=reason)
    await sales.mark_reason(tx, sale.id, reason)
    await stock.undo_scans(tx, sale.id)
    return ended


def _check_way(seller: Seller, wants: Sequence[Want], delivery: Delivery | None) -> None:
    if delivery is None and not seller.has_counter:
        raise NoDelivery
    if delivery is not None and not seller.delivers:
        raise NoDelivery
    if delivery is not None and not rules.is_reachable(delivery):
        raise AddressMissing
    drugs = terminology.drugs(want.code for want in wants).values()
    found = [rules.selling_findings(drug, seller, delivers=delivery is not None) for drug in drugs]
    if findings := tuple(finding for each in found for finding in each):
        raise CanNotSell(findings=findings)


def _new(tx: Tx, chart: Chart, seller: Seller, slip: Slip, wants: Sequence[Want]) -> Sale:
    is_hospital = seller.kind is SellerKind.HOSPITAL
    answer_by = tx.now + timedelta(minutes=profile.at(tx.now)["CAP-52"])
    return Sale(
        id=tx.new_id(chart.person_id),
        state=SaleState.UNPAID if is_hospital else SaleState.ASKED,
        institution_id=seller.institution_id,
        kind=seller.kind,
        person_id=chart.person_id,
        slip=slip,
        delivers=False,
        delivery_fen=0,
        at=tx.now,
        due_at=pay_by(tx, slip) if is_hospital else min(slip.valid_until, answer_by),
        reason="",
        filled_by=None,
        checked_by=None,
        checked_at=None,
        handed_by=None,
        handed_at=None,
        by_proxy=None,
        lines=tuple(_line(want) for want in wants),
    )


def _line(want: Want) -> Line:
    return Line(
        want.number, want.code, want.label, want.usage, want.packs, want.unit_price, want.fee_class,
        want.fen, short=False, scanned=0,
    )  # fmt: skip
