"""What a person owes, has paid and gets back: the views behind the patient's pages of bills."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Chart, Purpose
from lianyi.billing import queries, rules
from lianyi.billing.model import Bill, Payment, Receipt, Refund
from lianyi.insurance import queries as insurance
from lianyi.insurance.model import ASKING, OVER, ClaimView, Split
from lianyi.insurance.rules import why_not
from lianyi.journeys import claiming
from lianyi.journeys.resident_desk import Who
from lianyi.kernel.work import Tx
from lianyi.people import queries as people

PAGE = 50


@dataclass(frozen=True, slots=True)
class BillView:
    """One bill with all that became of it. `waiting` is the payment whose code can be scanned.

    `asking` says that the insurer hasn't said yet what it pays; `why` is why it doesn't, and
    `may_claim` whether its person can have it asked.
    """

    bill: Bill
    seller: str
    payments: Sequence[Payment]
    refunds: Sequence[Refund]
    receipts: Sequence[Receipt]
    may_be_paid: bool
    waiting: Payment | None
    claim: ClaimView | None = None
    why: str = ""
    may_claim: bool = False

    @property
    def asking(self) -> bool:
        return self.claim is not None and self.claim.claim.state in ASKING

    @property
    def split(self) -> Split | None:
        """Who pays what, as long as the insurer pays at all."""
        apart = self.claim is None or self.claim.claim.state in OVER
        return None if apart or self.claim is None else self.claim.split


@dataclass(frozen=True, slots=True)
class Bills:
    """One person's bills, newest first; `older` continues the list."""

    who: Who
    now: datetime
    views: Sequence[BillView]
    older: UUID | None


@dataclass(frozen=True, slots=True)
class OneBill:
    who: Who
    now: datetime
    view: BillView


async def bills(tx: Tx, *, before: UUID | None = None) -> Bills:
    """Return the bills of the person one acts for.

    :raises NoSuchPerson, ProofTooLow:
    """
    return await bills_on(tx, await _chart(tx), before=before)


async def bill(tx: Tx, *, bill_id: UUID) -> OneBill:
    """Return one of these bills.

    :raises NoSuchBill, NoSuchPerson, ProofTooLow:
    """
    chart = await _chart(tx)
    seen = await bill_on(tx, chart, bill_id=bill_id)
    asked = seen.view.claim.claim if seen.view.claim else None
    may_claim = await claiming.may_claim(tx, chart, bill=seen.view.bill, claim=asked)
    return replace(seen, view=replace(seen.view, may_claim=may_claim))


async def bills_on(tx: Tx, chart: Chart, *, before: UUID | None = None) -> Bills:
    """Return what a chart shows of its person's bills: to staff, those of their institution."""
    found = await queries.bills_of(tx, chart, before=before, limit=PAGE)
    views = await _views(tx, chart, found)
    older = found[-1].id if len(found) == PAGE else None
    return Bills(await _who(tx, chart), tx.now, views, older)


async def bill_on(tx: Tx, chart: Chart, *, bill_id: UUID) -> OneBill:
    """Return one bill that a chart shows.

    :raises NoSuchBill:
    """
    found = await queries.bill(tx, chart, bill_id=bill_id)
    (view,) = await _views(tx, chart, [found])
    return OneBill(await _who(tx, chart), tx.now, view)


async def _who(tx: Tx, chart: Chart) -> Who:
    person = await people.person(tx, chart)
    return Who(person, own=chart.person_id == tx.actor.person_id)


async def _chart(tx: Tx) -> Chart:
    person_id = tx.actor.subject_id
    return await access.open_chart(tx, person_id=person_id, purpose=Purpose.PAY, what="bills")


async def _views(tx: Tx, chart: Chart, bills: Sequence[Bill]) -> list[BillView]:
    sellers = await queries.sellers(tx, institution_ids={bill.institution_id for bill in bills})
    payments = await queries.payments_of(tx, chart, bills=bills)
    refunds = await queries.refunds_of(tx, chart, bills=bills)
    receipts = await queries.receipts_of(tx, chart, bills=bills)
    claims = await insurance.claims_of(tx, chart, bill_ids=[bill.id for bill in bills])
    return [
        BillView(
            bill=bill,
            seller=sellers[bill.institution_id],
            payments=payments.get(bill.id, ()),
            refunds=refunds.get(bill.id, ()),
            receipts=receipts.get(bill.id, ()),
            may_be_paid=rules.accepts(bill, tx.now),
            waiting=_waiting(tx, payments.get(bill.id, ())),
            claim=claims.get(bill.id),
            why=_why(claims.get(bill.id)),
        )
        for bill in bills
    ]


def _why(view: ClaimView | None) -> str:
    return why_not(view.claim.code) if view and view.claim.code else ""


def _waiting(tx: Tx, payments: Sequence[Payment]) -> Payment | None:
    live = (payment for payment in payments if rules.is_live(payment))
    return next((payment for payment in live if payment.expires_at > tx.now), None)
