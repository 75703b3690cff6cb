"""The whole site with bills in every state, and sessions of all who deal with them."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lianyi import main
from lianyi.billing import service as billing
from lianyi.billing.model import Booked, Received
from lianyi.insurance import queries as claims
from lianyi.insurance import service as insurance
from lianyi.insurance.model import (
    Charge,
    Counter,
    Filing,
    Found,
    Kind,
    Level,
    Rating,
    Scheme,
    Split,
)
from lianyi.kernel.config import Config
from lianyi.kernel.demo import Clock
from lianyi.kernel.ids import Ids
from lianyi.kernel.live import Hub
from lianyi.kernel.witness import Scribe
from lianyi.kernel.work import App
from lianyi.web.pages import ROUTES
from lianyi.web.site import site
from tests.billing.make import LAB, VISIT, Till
from tests.conftest import KEYS
from tests.place import Place
from tests.web.resident import opened
from tests.web.staff import token_of

PAYMENT = "SELECT id FROM billing.payment WHERE bill_id = $1"
NOW = datetime(2026, 11, 23, 6, 32, tzinfo=UTC)
NOTHING = Rating(Level.WHOLLY, 0, 0, 0, 0)


def town(dsn, files):
    """Return the site; `state.tokens` and `state.paths` fill as it starts."""

    @asynccontextmanager
    async def lifespan(starlette):
        async with main.pool(Config(home=Path("/"), database_url=dsn, pool_size=5)) as pool:
            clock = Clock(lambda: NOW, is_demo=True)
            app = App(pool, clock, Ids(), KEYS, Scribe(pool), files)
            till = await Till.open(await Place.found(app))
            starlette.state.lianyi = app
            starlette.state.paths = await _bills(till)
            starlette.state.tokens = await _tokens(till)
            starlette.state.arrive = _arrival(till, asyncio.get_running_loop())
            yield

    return site(None, Hub(), ROUTES, lifespan=lifespan)


def _arrival(till, loop):
    """Return what lets the money for a bill's code arrive, from any thread."""

    async def arrive(bill_id):
        (id,) = (await till.place.rows(PAYMENT, bill_id))[0]
        received = Received(id.hex[::-1], till.merchant, 2500, NOW)
        await till.hear(billing.received, payment_id=id, received=received)

    return lambda bill_id: asyncio.run_coroutine_threadsafe(arrive(bill_id), loop).result(10)


async def _bills(till):
    """Make bills in every state and return the pages they have."""
    unpaid = await till.bill(due_at=NOW + timedelta(minutes=14, seconds=32))
    code, ordering, closed, refused, paid, cash = [
        await till.bill(*items)
        for items in ((VISIT,), (LAB,), (LAB, VISIT), (VISIT,), (LAB, VISIT), (VISIT, LAB))
    ]
    await till.order(await till.pay(code))  # VISIT: ¥25.00
    await till.pay(ordering)
    payment = await till.pay(closed)
    await till.hear(billing.closed, payment_id=payment.id)
    payment = await till.pay(refused)
    await till.hear(billing.failed, payment_id=payment.id, code="RULE_LIMIT")
    await till.place.do(till.place.office, billing.share, bill_id=paid.id, fund_fen=4000)
    payment = await till.pay(paid)
    await till.order(payment)
    await till.arrive(payment)
    await till.cash(cash)
    await till.refund(cash, lines=[2])
    theirs = Booked(payment.id, payment.id.hex[::-1], 2000)
    await till.hear(billing.report, institution_id=till.place.id, our_fen=2167, theirs=theirs)
    insured, doubtful = await _insured(till)
    window = f"/cashier/people/{till.patient.person_id}"
    return {
        "bills": "/bills",
        "bill-unpaid": f"/bills/{unpaid.id}",
        "bill-refund": f"/bills/{cash.id}",
        "pay-code": f"/bills/{code.id}/pay",
        "pay-ordering": f"/bills/{ordering.id}/pay",
        "pay-closed": f"/bills/{closed.id}/pay",
        "pay-refused": f"/bills/{refused.id}/pay",
        "pay-paid": f"/bills/{paid.id}/pay",
        "receipt": f"/bills/{paid.id}/receipt",
        "bill-insured": f"/bills/{insured.id}",
        "bill-doubtful": f"/bills/{doubtful.id}",
        "bill-asking": f"/bills/{(await _claimed(till)).id}",
        "till": "/cashier",
        "window": window,
        "slip": f"{window}/bills/{cash.id}/slip?given=10000",
        "day": "/cashier/day",
        "books": "/admin/reconciliation",
    }


async def _insured(till):
    """Claim two bills as far as the person's part, and have one of them paid and in doubt."""
    found = Found("1001", Scheme.EMPLOYEE, "12", "370100", aided=True, credential="EC1001")
    used = Counter(deductible_fen=20_000, open_fen=20_000)
    person_id = till.patient.person_id
    await till.hear(insurance.take_over, person_id=person_id, found=found, used=used)
    bills = [await _claimed(till), await _claimed(till)]
    for bill in bills:
        claim = await till.place.do(till.place.office, claims.claim_of_bill, bill_id=bill.id)
        await till.hear(insurance.registered, claim_id=claim.id, visit_number="V1")
        await till.hear(insurance.sent, claim_id=claim.id, ratings=[NOTHING] * len(bill.lines))
        split = Split(bill.total_fen, 5_500, 0, 3_100, 0, 1_200, 0, 800, bill.total_fen - 5_100)
        await till.hear(insurance.foretold, claim_id=claim.id, split=split)
        await till.hear(billing.share, bill_id=bill.id, fund_fen=5_100)
    await till.cash(bills[1])
    await till.hear(insurance.paid, bill_id=bills[1].id)
    claim = await till.place.do(till.place.office, claims.claim_of_bill, bill_id=bills[1].id)
    await till.hear(insurance.doubt, claim_id=claim.id)
    return bills


async def _claimed(till):
    bill = await till.bill(LAB, VISIT)
    await till.hear(
        insurance.open_claim,
        bill_id=bill.id,
        subject=bill.subject,
        person_id=bill.person_id,
        institution_id=bill.institution_id,
        charges=[
            Charge(line.code, line.label, line.unit_price, line.quantity, line.fen)
            for line in bill.lines
        ],
        filing=Filing(Kind.OUTPATIENT),
    )
    return bill


async def _tokens(till):
    place = till.place
    return {
        "payer": await opened(place, till.patient),
        "clerk": await token_of(place, await place.clerk()),
        "admin": await token_of(place, await place.admin()),
    }
