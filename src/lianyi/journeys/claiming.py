"""A bill is claimed after all (使用医保): once refused, left to its person, or written anew.

What a bill is of says what it is claimed as, the first time and any other, and decides alone: what
nobody claims is named nowhere here, an appointment's fee as little as a health consultation's
(CON-26).
"""

from uuid import UUID

from lianyi.access.model import Chart
from lianyi.billing import queries as money
from lianyi.billing.errors import NotPayable
from lianyi.billing.model import Bill, BillState
from lianyi.consult import queries as consult
from lianyi.consult.errors import NoSuchVisit
from lianyi.insurance import queries as insurance
from lianyi.insurance.errors import NotClaimable, NotCovered
from lianyi.insurance.model import Claim, Filing
from lianyi.insurance.rules import may_ask_again
from lianyi.journeys import fill, follow_up_asking, settle, visit
from lianyi.kernel.work import Tx
from lianyi.pharmacy import queries as pharmacy
from lianyi.prescribing.errors import NoSuchPrescription


async def claim(tx: Tx, *, bill_id: UUID) -> None:
    """Let the agency be asked, or asked once more, for a bill that its person may still pay.

    :raises ClaimUnderWay, NoSuchBill, NoSuchPerson, NotCovered, NotPayable, NoTraceCode:
    :raises NotClaimable: CON-26, INS-16.
    """
    chart = await settle.own(tx)
    bill = await money.bill(tx, chart, bill_id=bill_id)
    if bill.state is not BillState.OPEN:
        raise NotPayable(id=bill.id, state=bill.state)
    filing = await _filing_of(tx, chart, bill)
    if filing is None:
        raise NotClaimable
    await settle.leave(tx, chart, bill_id=bill_id, reason="again")
    if not await settle.begin(tx, bill=bill, filing=filing):
        raise NotCovered


async def may_claim(tx: Tx, chart: Chart, *, bill: Bill, claim: Claim | None) -> bool:
    """Say whether `claim` would ask the agency something it may say yes to."""
    return (
        bill.state is BillState.OPEN
        and may_ask_again(claim)
        and await insurance.is_bound(tx, chart)
        and await settle.is_designated(tx, bill.institution_id)
        and await _filing_of(tx, chart, bill) is not None
    )


async def _filing_of(tx: Tx, chart: Chart, bill: Bill) -> Filing | None:
    """Return what a bill is claimed as. Whoever may only pay claims nothing they may not know."""
    try:
        return await _of_subject(tx, chart, bill)
    except (NoSuchVisit, NoSuchPrescription):
        return None


async def _of_subject(tx: Tx, chart: Chart, bill: Bill) -> Filing | None:
    if bill.subject.type == visit.SUBJECT:
        return visit.FILING
    if bill.subject.type == follow_up_asking.SUBJECT:
        asked = await consult.visit(tx, chart, visit_id=bill.subject.id)
        return await follow_up_asking.filing_of(tx, asked)
    if bill.subject.type == fill.SUBJECT:
        sale = await pharmacy.sale_of(tx, chart, sale_id=bill.subject.id)
        return await fill.filing_of(tx, chart, sale)
    return None
