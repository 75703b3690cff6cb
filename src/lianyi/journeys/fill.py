"""A prescription is filled (购药): a seller chosen, packs picked, paid, handed over, or not.

A hospital is paid before it picks; a store prices and settles what it has picked and scanned. What
ends before the medicines leave gives back all money and frees the prescription for another seller.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Chart, Purpose
from lianyi.billing import queries as money
from lianyi.billing import service as billing
from lianyi.billing.model import Bill, FeeClass, Item
from lianyi.billing.model import Line as BillLine
from lianyi.insurance.events import Settled, SettlementFailed
from lianyi.insurance.model import Filing, Kind
from lianyi.journeys import prescribe, settle
from lianyi.kernel import money as amounts
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import COURIER, DISPENSER, PHARMACIST, Institution
from lianyi.pharmacy import queries
from lianyi.pharmacy import service as pharmacy
from lianyi.pharmacy.errors import NobodyOnDuty, NoSuchSeller, PriceChanged
from lianyi.pharmacy.events import SaleDue
from lianyi.pharmacy.model import (
    Declined,
    Delivery,
    Sale,
    Scanned,
    SellerKind,
    Slip,
    Want,
    Withdrawn,
)
from lianyi.prescribing import queries as prescriptions
from lianyi.prescribing import service as prescribing
from lianyi.prescribing.errors import NoSuchPrescription
from lianyi.prescribing.events import PrescriptionLapsed, PrescriptionRevoked
from lianyi.prescribing.model import Prescription, State
from lianyi.prescribing.rules.document import use_text

SUBJECT = "sale"
DELIVERY = "delivery"  # in every price list of a seller that delivers
CARED_FOR = timedelta(days=30)
SELLING = frozenset({PHARMACIST, DISPENSER})


async def choose(
    tx: Tx,
    *,
    prescription_id: UUID,
    seller_id: UUID,
    delivery: Delivery | None = None,
    shown_fen: int | None = None,
) -> Sale:
    """Take a prescription in force to a seller, at the prices of now, which were shown (PH-01).

    :raises NoSuchPrescription, NoSuchPerson, ProofTooLow, NoSuchSeller, NoPrice, PriceChanged:
    Raises further what `pharmacy.choose` and, at a hospital, `prescribing.accept` do.
    """
    chart = await _own(tx)
    found = await prescriptions.prescription(tx, chart, prescription_id=prescription_id)
    if found.state is not State.APPROVED:  # nothing is charged before the review
        raise NoSuchPrescription(id=prescription_id)
    await _check_seller(tx, found, seller_id)
    wants = await wants_of(tx, found, seller_id)
    fen = await delivery_fen(tx, seller_id) if delivery else 0
    if shown_fen not in {None, fen + sum(want.fen for want in wants)}:
        raise PriceChanged
    sale = await pharmacy.choose(
        tx,
        chart,
        seller_id=seller_id,
        slip=await slip_of(tx, chart, found),
        wants=wants,
        delivery=delivery,
        delivery_fen=fen,
    )
    roles = SELLING | {COURIER} if delivery else SELLING
    await access.open_relation(
        tx,
        person_id=sale.person_id,
        institution_id=seller_id,
        roles=roles,
        cause_id=sale.id,
        until=tx.now + CARED_FOR,
    )
    if sale.kind is SellerKind.HOSPITAL:
        await _lock(tx, chart, sale)
        await _claim(tx, chart, sale)
    return sale


async def accept(tx: Tx, *, sale_id: UUID) -> Sale:
    """Take a prescription on for the acting store; no other can from now on (DS-06).

    Raises what `check_staffed`, `pharmacy.accept` and `prescribing.accept` do.
    """
    chart = await at_counter(tx, sale_id)
    await check_staffed(tx)
    sale = await pharmacy.accept(tx, chart, sale_id=sale_id)
    await _lock(tx, chart, sale)
    return sale


async def check(tx: Tx, *, sale_id: UUID) -> Sale:
    """Answer for what was picked; a store bills exactly this, with the codes of its packs (FR-20).

    Raises what `check_staffed` and `pharmacy.check` do.
    """
    chart = await at_counter(tx, sale_id)
    await check_staffed(tx)
    staff = await people.staff_of(tx, institution_id=tx.actor.institution_id)
    others = {post.person_id for post in staff if post.role in SELLING} - {tx.actor.person_id}
    sale = await pharmacy.check(tx, chart, sale_id=sale_id, others=bool(others))
    if sale.kind is not SellerKind.HOSPITAL:
        await _claim(tx, chart, sale)
    return sale


async def decline(tx: Tx, *, sale_id: UUID, reason: Declined) -> None:
    """Say no; what was paid goes back whole. Raises what `pharmacy.decline` does."""
    chart = await at_counter(tx, sale_id)
    sale = await pharmacy.decline(tx, chart, sale_id=sale_id, reason=reason)
    await undo(tx, chart, sale, reason)


async def withdraw(tx: Tx, *, sale_id: UUID, reason: Withdrawn = Withdrawn.OTHER) -> None:
    """Leave a seller before the medicines leave it. Raises what `pharmacy.withdraw` does."""
    chart = await _own(tx)
    sale = await pharmacy.withdraw(tx, chart, sale_id=sale_id, reason=reason)
    await undo(tx, chart, sale, "withdrawn")


async def clear_paid(tx: Tx, event: Settled) -> None:
    """Go on with what is paid for good; for what is over the money goes back."""
    if event.subject_type == SUBJECT and await pharmacy.clear(tx, sale_id=event.subject_id) is None:
        await settle.call_off(tx, subject=(SUBJECT, event.subject_id), reason="over")


async def charge_again(tx: Tx, event: SettlementFailed) -> None:
    """Bill anew a sale whose settlement failed and whose money went back: its person pays alone."""
    if event.subject_type != SUBJECT:
        return
    sale = await pharmacy.waiting_for_money(tx, sale_id=event.subject_id)
    if sale is not None:
        await _bill(tx, sale)


async def lapse(tx: Tx, event: SaleDue) -> None:
    """End what wasn't answered, paid or collected in time: all of it is reversed."""
    await _lapse(tx, event.sale_id, "due", early=False)


async def end_with(tx: Tx, event: PrescriptionRevoked | PrescriptionLapsed) -> None:
    """End the sale of a prescription that has ended, if its medicines haven't left (RX-01)."""
    sale_id = await pharmacy.live_of(tx, prescription_id=event.prescription_id)
    if sale_id is not None:
        await _lapse(tx, sale_id, "prescription", early=True)


async def undo(tx: Tx, chart: Chart, sale: Sale, reason: str) -> None:
    """Give back all money, free the prescription where it still can be, and close the chart."""
    billed = await money.states_of(tx, type=SUBJECT, ids=[sale.id])
    if billed:
        await settle.call_off(tx, subject=(SUBJECT, sale.id), reason=reason)
    freed = await prescribing.free(
        tx,
        chart,
        prescription_id=sale.slip.prescription_id,
        seller_id=sale.institution_id,
        reason=reason,
    )
    if freed is not None and freed.state is State.REVOKED:  # it was held (CON-28)
        await prescribe.publish(tx, freed)
    await access.end_relation(tx, cause_id=sale.id)


async def at_counter(tx: Tx, sale_id: UUID, purpose: Purpose = Purpose.DISPENSE) -> Chart:
    """Open the chart of a sale of the acting seller's.

    :raises NoSuchSale, WrongRole:
    """
    desk = await access.open_desk(tx, purpose=purpose)
    sale = await queries.sale(tx, desk, sale_id=sale_id)
    return await access.open_chart(tx, person_id=sale.person_id, purpose=purpose, what="pharmacy")


def hospitals_behind(issuer: Institution) -> frozenset[UUID]:
    """Return whose pharmacies fill it: the hospital that wrote it, and the one it leans on."""
    return frozenset(id for id in (issuer.id, issuer.parent_id) if id)


async def check_staffed(tx: Tx) -> None:
    """LIC-04, DS-13: hold a shop's sale on prescription to a pharmacist's being on duty there.

    :raises NobodyOnDuty, NoSuchSeller:
    """
    here = tx.actor.institution_id
    seller = await queries.seller(tx, institution_id=here)
    if seller.kind is SellerKind.HOSPITAL:
        return
    if not await people.on_duty(tx, institution_id=here):
        raise NobodyOnDuty


async def slip_of(tx: Tx, chart: Chart, found: Prescription) -> Slip:
    """Return a prescription in force as it travels to a seller."""
    reviews = await prescriptions.reviews_of(tx, chart, prescriptions=[found])
    reviewers = [review.post_id for review in reviews[found.id]]
    posts = await people.posts(tx, ids=[found.post_id, *reviewers[:1]])
    if found.signed_at is None or found.reviewed_at is None or found.expires_at is None:
        raise NoSuchPrescription(id=found.id)
    doctor = posts[found.post_id]
    return Slip(
        prescription_id=found.id,
        number=str(found.id)[-12:].upper(),
        issuer=doctor.institution_name,
        department=doctor.department_name,
        diagnosis="，".join(each.name for each in found.sheet.diagnoses),
        prescriber=doctor.name,
        prescriber_id=found.prescriber_id,
        reviewer=posts[reviewers[0]].name if reviewers else "",
        signed_at=found.signed_at,
        approved_at=found.reviewed_at,
        valid_until=found.expires_at,
    )


async def wants_of(tx: Tx, found: Prescription, seller_id: UUID) -> list[Want]:
    """Return the lines with what a seller asks for them now.

    :raises NoPrice:
    """
    lines = found.sheet.lines
    items = [Item(line.drug, Decimal(line.packs)) for line in lines]
    priced = await money.priced(tx, institution_id=seller_id, items=items)
    return [
        Want(
            number=number,
            code=line.drug,
            label=f"{line.name} {line.strength}",
            usage=use_text(line),
            packs=line.packs,
            unit_price=price.unit_price,
            fee_class=price.fee_class,
            fen=price.fen,
        )
        for number, (line, price) in enumerate(zip(lines, priced, strict=True), start=1)
    ]


def packs_by_line(sale: Sale, scans: Sequence[Scanned]) -> dict[int, list[str]]:
    """Return the trace codes of each line that is billed, by its number on the bill (FR-20)."""
    return {
        number: [scan.trace_code for scan in scans if scan.number == line.number]
        for number, line in enumerate(sale.sold, start=1)
    }


async def filing_of(tx: Tx, chart: Chart, sale: Sale) -> Filing:
    """Say what a sale is claimed as: a hospital's is outpatient care, of a diagnosis.

    A store claims under its own code what it has scanned (INS-17, FR-20).
    """
    id = sale.slip.prescription_id
    if sale.kind is SellerKind.HOSPITAL:
        sheet = (await prescriptions.prescription(tx, chart, prescription_id=id)).sheet
        codes = [each.code for each in sheet.diagnoses]
        return Filing(Kind.OUTPATIENT, diagnosis="".join(codes[:1]), prescription_id=id)
    scans = await queries.packs_of(tx, chart, sale=sale)
    return Filing(Kind.PHARMACY, prescription_id=id, packs=packs_by_line(sale, scans))


async def delivery_fen(tx: Tx, seller_id: UUID) -> int:
    """Return what a seller asks for bringing it.

    :raises NoPrice:
    """
    (line,) = await money.priced(tx, institution_id=seller_id, items=[Item(DELIVERY)])
    return line.fen


async def _check_seller(tx: Tx, found: Prescription, seller_id: UUID) -> None:
    """Keep a hospital's pharmacy to what its own hospital prescribes."""
    seller = await queries.seller(tx, institution_id=seller_id)
    if seller.kind is not SellerKind.HOSPITAL:
        return
    places = await people.institutions(tx, ids=[found.institution_id])
    if seller_id not in hospitals_behind(places[found.institution_id]):
        raise NoSuchSeller(id=seller_id)


async def _lapse(tx: Tx, sale_id: UUID, reason: str, *, early: bool) -> None:
    sale = await pharmacy.lapse(tx, sale_id=sale_id, reason=reason, early=early)
    if sale is None:
        return
    chart = await access.open_chart(
        tx, person_id=sale.person_id, purpose=Purpose.DISPENSE, what="pharmacy"
    )
    await undo(tx, chart, sale, reason)


async def _lock(tx: Tx, chart: Chart, sale: Sale) -> None:
    await prescribing.accept(
        tx, chart, prescription_id=sale.slip.prescription_id, seller_id=sale.institution_id
    )


async def _claim(tx: Tx, chart: Chart, sale: Sale) -> None:
    filing = await filing_of(tx, chart, sale)
    await settle.begin(tx, bill=await _bill(tx, sale), filing=filing)


async def _bill(tx: Tx, sale: Sale) -> Bill:
    return await billing.open_bill(
        tx,
        person_id=sale.person_id,
        institution_id=sale.institution_id,
        subject=(SUBJECT, sale.id),
        lines=_lines(sale),
        due_at=sale.due_at,
    )


def _lines(sale: Sale) -> list[BillLine]:
    """Charge what is sold at the prices that were shown."""
    drugs = [
        BillLine(
            line.code,
            line.label,
            FeeClass(line.fee_class),
            line.unit_price,
            Decimal(line.packs),
            line.fen,
        )
        for line in sale.sold
    ]
    if not sale.delivery_fen:
        return drugs
    price = Decimal(sale.delivery_fen) / amounts.FEN_PER_YUAN
    fee = BillLine(DELIVERY, "配送费", FeeClass.DELIVERY, price, Decimal(1), sale.delivery_fen)
    return [*drugs, fee]


async def _own(tx: Tx) -> Chart:
    person_id = tx.actor.subject_id
    return await access.open_chart(tx, person_id=person_id, purpose=Purpose.OWN, what="pharmacy")
