"""Money and insurance enter the record (费用入档), each bill and claim as it is now.

Bills and claims move by many hands, the agency's and the provider's among them; each is written as
it is now, after whatever moved it. See decision 0011.
"""

from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import ALL_CLASSES, Chart, Purpose, Sensitive
from lianyi.billing import fhir as paper
from lianyi.billing import queries as money
from lianyi.billing.events import BillEvent, BillPaid
from lianyi.billing.model import PaymentState
from lianyi.consult import queries as consult
from lianyi.insurance import fhir
from lianyi.insurance import queries as insurance
from lianyi.insurance.events import ClaimEvent, CoverChanged, Settled
from lianyi.journeys import fill, follow_up_asking, pay
from lianyi.kernel.refusal import NotFound
from lianyi.kernel.work import Tx
from lianyi.orders import queries as orders
from lianyi.pharmacy import queries as pharmacy
from lianyi.prescribing import queries as prescribing
from lianyi.records import service as records
from lianyi.records.model import PUBLIC

NOTHING: frozenset[Sensitive] = frozenset()


async def invoice(tx: Tx, event: BillEvent) -> None:
    """Write a bill as it is now."""
    chart = await _chart(tx, event.person_id)
    bill = await money.bill(tx, chart, bill_id=event.bill_id)
    await records.publish(
        tx,
        owner=bill.person_id,
        body=paper.invoice(bill),
        classes=await _classes(tx, chart, bill.subject.type, bill.subject.id),
        holder_id=bill.institution_id,
    )


async def payment(tx: Tx, event: BillPaid) -> None:
    """Write what has arrived of a bill; a payment that came to nothing is none."""
    chart = await _chart(tx, event.person_id)
    bill = await money.bill(tx, chart, bill_id=event.bill_id)
    paid = (await money.payments_of(tx, chart, bills=[bill])).get(bill.id, [])
    bodies = [paper.payment_notice(one) for one in paid if one.state is PaymentState.PAID]
    if bodies:
        await records.publish_all(
            tx, owner=bill.person_id, bodies=bodies, holder_id=bill.institution_id
        )


async def coverage(tx: Tx, event: CoverChanged) -> None:
    """Write how somebody is insured; it is theirs wherever they go, so no institution holds it."""
    chart = await _chart(tx, event.person_id)
    cover = await insurance.cover(tx, chart)
    if cover is not None:
        body = fhir.coverage(cover)
        await records.publish(tx, owner=event.person_id, body=body, holder_id=PUBLIC)


async def claim(tx: Tx, event: ClaimEvent | Settled) -> None:
    """Write a claim and the agency's last word about it."""
    if event.claim_id is None:
        return
    chart = await _chart(tx, event.person_id)
    slip = await insurance.slip(tx, claim_id=event.claim_id)
    settling = await insurance.settling(tx, chart, claim=slip.claim)
    said = fhir.claim_response(settling)
    await records.publish_all(
        tx,
        owner=event.person_id,
        bodies=[fhir.claim(settling), *([said] if said else [])],
        classes=await _classes(tx, chart, event.subject_type, event.subject_id),
        holder_id=event.institution_id,
    )


async def _chart(tx: Tx, person_id: UUID) -> Chart:
    return await access.open_chart(
        tx, person_id=person_id, purpose=Purpose.PAY, what="money_record"
    )


async def _classes(tx: Tx, chart: Chart, type: str, id: UUID) -> frozenset[Sensitive]:
    """PRI-01: what is billed tells as much as what was done; of what isn't found, anything may."""
    try:
        return await _told_by(tx, chart, type, id)
    except NotFound:
        return ALL_CLASSES


async def _told_by(tx: Tx, chart: Chart, type: str, id: UUID) -> frozenset[Sensitive]:
    if type == pay.ORDER:
        desk = await access.open_desk(tx, purpose=Purpose.PAY)
        return (await orders.order(tx, desk, order_id=id)).classes
    if type == fill.SUBJECT:
        sale = await pharmacy.sale_of(tx, chart, sale_id=id)
        wanted = sale.slip.prescription_id
        return (await prescribing.prescription(tx, chart, prescription_id=wanted)).classes
    if type == follow_up_asking.SUBJECT:
        return (await consult.visit(tx, chart, visit_id=id)).classes
    return NOTHING
