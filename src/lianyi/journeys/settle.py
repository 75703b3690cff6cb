"""A bill is settled with the insurance agency: asked, paid, settled; or undone and given back.

The person pays their part between the agency's forecast and its settlement, so that nobody pays
twice and nothing waits between two tills: what isn't settled in the end goes back whole. A bill
that nobody claims is final when it is paid. Either way `Settled` says so.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Chart, Purpose
from lianyi.billing import queries as money
from lianyi.billing import service as billing
from lianyi.billing.events import BillLapsed, BillPaid, BillVoided, BooksDue
from lianyi.billing.model import Bill, BillState, Refund
from lianyi.insurance import queries
from lianyi.insurance import service as insurance
from lianyi.insurance.events import Settled, SettlementDoubtful, SettlementOverdue
from lianyi.insurance.model import BEFORE_PAYING, OVER, Charge, Claim, ClaimState, Filing
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import INSURER
from lianyi.people.model import Kind as Place

FAILED = "insurance_failed"
SELF_PAY = "self_pay"
BILL_OVER = "bill_over"
GOING_BACK = frozenset({ClaimState.UNDOING, ClaimState.REVERSING})
NOT_HELD = OVER | {ClaimState.FAILED, ClaimState.REVERSED}  # the agency holds nothing of it


async def begin(tx: Tx, *, bill: Bill, filing: Filing) -> bool:
    """Claim an open bill at the agency as what it is; False where the person simply pays it.

    :raises NotClaimable, NoTraceCode:
    """
    if bill.state is not BillState.OPEN or not await is_designated(tx, bill.institution_id):
        return False
    claim = await insurance.open_claim(
        tx,
        bill_id=bill.id,
        subject=bill.subject,
        person_id=bill.person_id,
        institution_id=bill.institution_id,
        charges=_charges(bill, filing.packs),
        filing=filing,
    )
    if claim is None:
        return False
    await _show_agency(tx, claim)
    return True


async def pay_self(tx: Tx, *, bill_id: UUID) -> None:
    """Leave the agency out of a bill: its person pays all of it.

    :raises ClaimUnderWay, NoSuchBill, NoSuchPerson, NotPayable, PaymentUnderway:
    """
    await leave(tx, await own(tx), bill_id=bill_id, reason=SELF_PAY)


async def pay_self_at_counter(tx: Tx, *, person_id: UUID, bill_id: UUID) -> None:
    """Leave the agency out of a bill of whoever stands at the acting cashier's window.

    :raises ClaimUnderWay, NoSuchBill, NoSuchPerson, NotPayable, PaymentUnderway:
    """
    chart = await access.open_chart(tx, person_id=person_id, purpose=Purpose.PAY, what="bill")
    await leave(tx, chart, bill_id=bill_id, reason=SELF_PAY)


async def bind(tx: Tx) -> None:
    """Ask the agency how the acting resident, or whom they act for, is insured (INS-01).

    :raises CoverKnown, NoSuchPerson, ProofTooLow:
    """
    await insurance.bind(tx, await own(tx))


async def unbind(tx: Tx) -> None:
    """Pay alone from now on.

    :raises NoSuchPerson, NotCovered, ProofTooLow:
    """
    await insurance.unbind(tx, await own(tx))


async def leave(tx: Tx, chart: Chart, *, bill_id: UUID, reason: str) -> None:
    """Drop what is claimed of a bill of the chart's person, who owes all of it again.

    :raises ClaimUnderWay, NoSuchBill, NotPayable, PaymentUnderway:
    """
    bill = await money.bill(tx, chart, bill_id=bill_id)
    if await insurance.drop_of_bill(tx, bill_id=bill.id, reason=reason) and bill.fund_fen:
        await billing.share(tx, bill_id=bill.id, fund_fen=0)


async def own(tx: Tx) -> Chart:
    """Open the bills of the acting resident, or of whom they pay for.

    :raises NoSuchPerson, ProofTooLow:
    """
    person_id = tx.actor.subject_id
    return await access.open_chart(tx, person_id=person_id, purpose=Purpose.PAY, what="insurance")


async def is_designated(tx: Tx, institution_id: UUID) -> bool:
    """Say whether an institution has an agreement with the agency."""
    found = await people.institutions(tx, ids=[institution_id])
    return bool(found[institution_id].insurance_code)


async def call_off(tx: Tx, *, subject: tuple[str, UUID], reason: str) -> Refund | None:
    """Take back what a subject costs, wherever its bill and claim are by now.

    What the agency has settled is taken back there first; the refund follows (INS-21).

    :raises NoBillFor:
    """
    claim = await queries.claim_of(tx, subject=subject)
    if claim is None or claim.state in NOT_HELD or not await _ends(tx, claim, reason):
        return await billing.call_off(tx, subject=subject, reason=reason)
    return None


async def reverse(tx: Tx, *, bill_id: UUID, reason: str) -> None:
    """Take back a bill whole, by its id. Raises what `call_off` does."""
    subject = await money.subject_of(tx, bill_id=bill_id)
    await call_off(tx, subject=subject, reason=reason)


async def on_paid(tx: Tx, event: BillPaid) -> None:
    """Have a claimed bill settled; one that isn't claimed is final."""
    if not await insurance.paid(tx, bill_id=event.bill_id):
        about = (event.bill_id, event.person_id, event.institution_id)
        await tx.emit(Settled(*about, event.subject_type, event.subject_id))


async def on_over(tx: Tx, event: BillVoided | BillLapsed) -> None:
    claim = await queries.claim_of_bill(tx, bill_id=event.bill_id)
    if claim and claim.state in BEFORE_PAYING:
        await insurance.drop(tx, claim, reason=BILL_OVER)


async def doubt(tx: Tx, event: SettlementDoubtful) -> None:
    await insurance.doubt(tx, claim_id=event.claim_id)


async def give_up(tx: Tx, event: SettlementOverdue) -> None:
    await insurance.give_up(tx, claim_id=event.claim_id)


async def open_books(tx: Tx, event: BooksDue) -> None:
    """Compare the agency's day as soon as the payment provider's can be."""
    if await is_designated(tx, event.institution_id):
        day = date.fromisoformat(event.day)
        await insurance.open_books(tx, institution_id=event.institution_id, day=day)


async def _ends(tx: Tx, claim: Claim, reason: str) -> bool:
    """Say whether the claim sees to the refund itself, and have it do so."""
    if claim.state in BEFORE_PAYING:
        await insurance.drop(tx, claim, reason=reason)
        return False
    if claim.state in GOING_BACK:
        return True
    await insurance.take_back(tx, claim_id=claim.id, reason=reason)
    return True


async def _show_agency(tx: Tx, claim: Claim) -> None:
    """Let the agency see what is claimed of its own insured, and nothing else of them (INS-20)."""
    for agency in await people.institutions_of(tx, kinds=[Place.INSURANCE_AGENCY]):
        await access.open_relation(
            tx,
            person_id=claim.person_id,
            institution_id=agency.id,
            roles=frozenset({INSURER}),
            cause_id=claim.id,
        )


def _charges(bill: Bill, packs: Mapping[int, Sequence[str]]) -> list[Charge]:
    return [
        Charge(
            line.code, line.label, line.unit_price, line.quantity, line.fen, tuple(packs.get(n, ()))
        )
        for n, line in enumerate(bill.lines, start=1)
    ]
