"""Between the promise and the hand-over: review again, pick by scanning, check (四查十对)."""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from lianyi.access.model import Chart
from lianyi.kernel.actor import Role
from lianyi.kernel.lifecycle import WrongRole, check_role
from lianyi.kernel.work import Tx
from lianyi.people.model import PHARMACIST
from lianyi.pharmacy import events, rules
from lianyi.pharmacy.errors import (
    BadTraceCode,
    ChecksMissing,
    EnoughScanned,
    LastLine,
    NoSuchPack,
    NotAllScanned,
    NotOnPrescription,
    OwnFilling,
    OwnPrescription,
    PackBlocked,
    PackSold,
    PaidAlready,
)
from lianyi.pharmacy.model import PROVEN_BY_SCAN, Check, Line, Pack, Sale, SaleState, SellerKind
from lianyi.pharmacy.queries import last_day
from lianyi.pharmacy.service import moves
from lianyi.pharmacy.service.sales import collect_by, pay_by
from lianyi.pharmacy.states import FILLERS, SALE
from lianyi.pharmacy.tables import sales, stock


async def approve(tx: Tx, chart: Chart, *, sale_id: UUID) -> Sale:
    """Review an outside prescription again at the store that fills it (DS-05).

    :raises OwnPrescription, PrescriptionExpired, NoSuchSale, WrongRole, WrongState:
    """
    sale = await moves.own(tx, chart, sale_id)
    moves.check_prescription(tx, sale.slip)
    if rules.wrote(sale, tx.actor.person_id):
        raise OwnPrescription
    return await moves.go(tx, sale, "approve", due_at=sale.slip.valid_until)


async def scan(tx: Tx, chart: Chart, *, sale_id: UUID, text: str) -> Line:
    """Put a pack to a sale by its trace code, and return the line it is for (FR-20).

    :raises BadTraceCode, NoSuchPack, PackSold, PackBlocked, NotOnPrescription, EnoughScanned:
    :raises NoSuchSale, WrongRole, WrongState:
    """
    sale = await moves.own(tx, chart, sale_id)
    _check_role(tx, "scan", *FILLERS)
    moves.check_state(sale, "scan", SaleState.TO_PICK)
    pack = await _pack(tx, text)
    line = _line_for(sale, pack)
    if not await stock.insert_scan(tx, pack.trace_code, sale.id, line.number):
        raise PackSold(trace_code=pack.trace_code)
    await sales.mark_filled(tx, sale.id)
    await tx.emit(events.SaleMoved(*moves.about(sale)))
    return replace(line, scanned=line.scanned + 1)


async def mark_short(tx: Tx, chart: Chart, *, sale_id: UUID, number: int) -> Sale:
    """Leave out a line the store hasn't got after all; the person may still say no by not paying.

    :raises PaidAlready, LastLine, NoSuchSale, WrongRole, WrongState:
    """
    sale = await moves.own(tx, chart, sale_id)
    _check_role(tx, "mark_short", *FILLERS)
    moves.check_state(sale, "mark_short", SaleState.TO_PICK)
    if sale.kind is SellerKind.HOSPITAL:
        raise PaidAlready
    if not [line for line in sale.sold if line.number != number]:
        raise LastLine
    await stock.undo_scans(tx, sale.id, number)
    await sales.mark_short(tx, sale.id, number)
    await tx.emit(events.SaleMoved(*moves.about(sale)))
    return await sales.lock(tx, sale.id)


async def tick(tx: Tx, chart: Chart, *, sale_id: UUID, checks: Collection[Check]) -> None:
    """PH-05: confirm comparisons; those a scan proves are not a person's to confirm.

    :raises NoSuchSale, WrongRole, WrongState:
    """
    sale = await moves.own(tx, chart, sale_id)
    _check_role(tx, "tick", PHARMACIST)
    moves.check_state(sale, "tick", SaleState.TO_PICK)
    await sales.tick(tx, sale.id, frozenset(checks) - PROVEN_BY_SCAN, by_scan=False)


async def check(tx: Tx, chart: Chart, *, sale_id: UUID, others: bool) -> Sale:
    """Answer for what was picked. `others`: somebody else here could have filled or checked it.

    :raises NotAllScanned: FR-20. :raises ChecksMissing: PH-05.
    :raises OwnFilling, OwnPrescription: PH-08.
    :raises NotBefore, PrescriptionExpired, TooLate, NoSuchSale, WrongRole, WrongState:
    """
    sale = await moves.own(tx, chart, sale_id)
    verb = "check" if sale.kind is SellerKind.HOSPITAL else "bill"
    check_role(tx, SALE, verb)
    moves.check_state(sale, verb, SaleState.TO_PICK)
    moves.check_time(tx, sale)
    moves.check_prescription(tx, sale.slip)
    await _check_complete(tx, sale)
    _check_person(tx, sale, others=others)
    await sales.mark_checked(tx, sale.id)
    checked = replace(sale, checked_by=tx.actor.person_id, checked_at=tx.now)
    if verb == "check":
        return await moves.go(tx, checked, verb, events.SaleReady, due_at=collect_by(tx, sale))
    return await moves.go(tx, checked, verb, due_at=pay_by(tx, sale.slip))


async def _pack(tx: Tx, text: str) -> Pack:
    code = rules.trace_code(text)
    if code is None:
        raise BadTraceCode
    pack = await stock.lock_pack(tx, code)
    if pack.sale_id is not None:  # also when another seller's: two boxes with one code
        raise PackSold(trace_code=code)
    if pack.institution_id != tx.actor.institution_id:
        raise NoSuchPack(trace_code=code)
    if rules.is_blocked(pack, last_day(tx)):
        raise PackBlocked(trace_code=code, expires_on=pack.expires_on)
    return pack


def _line_for(sale: Sale, pack: Pack) -> Line:
    lines = rules.lines_for(sale, pack.code)
    if not lines:
        raise NotOnPrescription(drug=pack.code)
    waiting = [line for line in lines if not rules.is_full(line)]
    if not waiting:
        raise EnoughScanned(drug=lines[0].label)
    return waiting[0]


async def _check_complete(tx: Tx, sale: Sale) -> None:
    if waiting := rules.unscanned(sale):
        raise NotAllScanned(drugs=", ".join(line.label for line in waiting))
    await sales.tick(tx, sale.id, rules.proven(sale), by_scan=True)
    missing = rules.checks_missing(await sales.list_ticked(tx, sale.id))
    if missing:
        raise ChecksMissing(checks=", ".join(missing))


def _check_person(tx: Tx, sale: Sale, *, others: bool) -> None:
    if rules.wrote(sale, tx.actor.person_id):
        raise OwnPrescription
    if not rules.may_check(sale, tx.actor.person_id, others=others):
        raise OwnFilling


def _check_role(tx: Tx, verb: str, *roles: Role) -> None:
    if tx.actor.role not in roles:
        raise WrongRole(verb=verb, role=tx.actor.role)
