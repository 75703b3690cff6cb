"""Money on a bad day: notifications lost, late, doubled, forged; answers lost; two at once."""

import asyncio
import shutil
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus

import httpx
import msgspec
import pytest

from lianyi.access.errors import NoSuchPerson
from lianyi.billing import events, queries
from lianyi.billing.errors import NoSuchBill
from lianyi.billing.model import Account, BillState, DifferenceKind, PaymentState, RefundState
from lianyi.journeys import pay
from lianyi.journeys.wiring import WIRING
from lianyi.kernel import timers
from lianyi.kernel.config import Config
from lianyi.kernel.live import Hub
from lianyi.kernel.work import within
from lianyi.links.payment import Order, Paid
from lianyi.links.simulators import payment as simulator
from lianyi.links.wechat import WechatPayments
from lianyi.links.wechat_notices import Notices
from lianyi.web import notify, site
from lianyi.worker.deliver import WORKER
from lianyi.worker.errands import Runner, run_due
from tests import serving
from tests.billing.make import VISIT, Till
from tests.drain import begin_anew, deliver
from tests.journeys.outside import only
from tests.links import provider as providers
from tests.links.provider import Provider, now

PATIENCE = (0.5, 0.5)
DONE = (BillState.PAID, [PaymentState.PAID], [])


@dataclass
class Town:
    """A till, the payer's phone, the provider with its wire, and our worker and endpoint."""

    app: object
    till: Till
    provider: Provider
    payments: WechatPayments
    faces: object
    notices: asyncio.Queue  # answers we gave to notifications

    async def work(self):
        """Do what the worker would until there is nothing left to do now."""
        runner = Runner(self.app, only(payments=self.payments))
        while (
            await within(self.app, WORKER, timers.fire)
            + await deliver(self.app)
            + await run_due(runner)
        ):
            pass

    async def start(self, bill, hat=None):
        hat = hat or self.till.patient
        return await self.till.place.do(hat, pay.start, bill_id=bill.id)

    async def ordered(self, *items, **given):
        """Return a bill and its payment, whose code the payer sees."""
        bill = await self.till.bill(*items, **given)
        payment = await self.start(bill)
        await self.work()
        return bill, payment

    async def scan(self, payment):
        """Let the payer pay; return whether the provider took the money."""
        url = f"{self.provider.url}/demo/pay/{payment.id.hex}"
        return (await self.provider.client.post(url)).is_success

    async def hears(self, times=1):
        """Wait until so many notifications have been answered."""
        for _ in range(times):
            assert await asyncio.wait_for(self.notices.get(), 5) == HTTPStatus.NO_CONTENT

    async def told(self, payment):
        """Return what the provider says of a payment."""
        answer = await self.payments.ask(payment.id, self.till.merchant)
        return msgspec.convert(answer.body, Paid)


@pytest.fixture(scope="session")
def born(tmp_path_factory):
    """A provider's home whose keys are made, which takes a second."""
    home = tmp_path_factory.mktemp("payment")
    simulator.app(Config(home=home))
    return home


@pytest.fixture
async def town(app, place, tmp_path, born):
    await begin_anew(app)  # others' orders would take the refusals that a test asks for
    for name in ("simulators/payment/keys", "credentials"):
        shutil.copytree(born / name, tmp_path / name)
    async with providers.running(tmp_path, "payment") as provider, _faces(app, provider) as face:
        faces, notices, url = face
        payments = WechatPayments(provider.url, provider.papers, url, PATIENCE)
        till = await Till.open(place)
        yield Town(app, till, provider, payments, faces, notices)


@asynccontextmanager
async def _faces(app, provider):
    faces = site.site(app, Hub(), notify.ROUTES)
    faces.state.payment_notices = Notices(provider.papers, now).read
    noted, notices = noting(faces)
    async with served(noted) as url:
        yield faces, notices, url + notify.PATH


def noting(faces):
    """Return the faces as a provider meets them, and a queue of the answers it was given."""
    notices = asyncio.Queue()

    async def noted(scope, receive, send):
        async def note(message):
            await send(message)
            if message["type"] == "http.response.start":
                notices.put_nowait(message["status"])

        await faces(scope, receive, note)

    return noted, notices


@asynccontextmanager
async def served(asgi):
    with socket.create_server(("127.0.0.1", 0)) as door:
        async with serving.served(asgi, door, lifespan="off"):
            yield f"http://127.0.0.1:{door.getsockname()[1]}"


async def test_a_resident_scans_a_code_and_has_paid(town):
    """CAP-13, CAP-19."""
    bill, payment = await town.ordered()
    _, (seen,), _, _ = await town.till.seen(bill)
    assert seen.code_url.startswith("weixin://")
    assert await town.scan(payment)
    await town.hears()
    assert await town.till.state(bill) == DONE
    told = await town.told(payment)
    assert (told.amount_fen, told.payee) == (6167, town.till.merchant)
    assert await town.till.balances() == {Account.PROVIDER: 6167, Account.REVENUE: -6167}


async def test_nobody_pays_for_a_stranger(town):
    bill = await town.till.bill()
    stranger = await town.till.place.patient()
    with pytest.raises(NoSuchPerson):
        await town.till.place.do(
            await town.till.place.doctor(),
            pay.take_cash,
            person_id=town.till.patient.person_id,
            bill_id=bill.id,
        )
    with pytest.raises(NoSuchBill):
        await town.start(bill, stranger)


async def test_the_counter_takes_cash_and_hands_it_back(town):
    """CAP-14."""
    bill = await town.till.bill()
    clerk = await town.till.place.clerk()
    given = {"person_id": bill.person_id}
    await town.till.place.do(clerk, pay.take_cash, bill_id=bill.id, **given)
    refund = await town.till.refund(bill)
    await town.till.place.do(clerk, pay.hand_back, refund_id=refund.id, **given)
    assert (await town.till.state(bill))[2] == [RefundState.DONE]


async def test_a_lost_notification_is_made_up_for_by_asking(town, clock):
    await town.provider.fails(lose_notification=100)
    bill, payment = await town.ordered()
    await town.scan(payment)
    clock.forward(seconds=20)
    await town.work()
    assert await town.till.state(bill) == DONE


async def test_who_takes_a_minute_to_pay_is_asked_about_again(town, clock):
    await town.provider.fails(lose_notification=100)
    bill, payment = await town.ordered()
    clock.forward(seconds=20)
    await town.work()
    assert (await town.till.state(bill))[1] == [PaymentState.ORDERED]
    await town.scan(payment)
    clock.forward(minutes=1)
    await town.work()
    assert await town.till.state(bill) == DONE


async def test_a_notification_told_twice_is_booked_once(town):
    await town.provider.fails(duplicate=1)
    _, payment = await town.ordered()
    await town.scan(payment)
    await town.hears(2)
    assert (await town.till.balances())[Account.PROVIDER] == 6167


async def test_a_notification_and_our_question_at_once_book_once(town, clock):
    bill, payment = await town.ordered()
    await town.scan(payment)
    told = await town.told(payment)
    clock.forward(seconds=20)
    hear = [town.till.place.do(notify.PROVIDER, pay.hear, notice=told) for _ in range(6)]
    await asyncio.gather(town.work(), *hear)
    assert await town.till.state(bill) == DONE
    assert (await town.till.balances())[Account.PROVIDER] == 6167


async def test_a_late_notification_of_money_that_came_in_time_still_pays(town, clock):
    """IDN-09: before a bill lapses the provider is asked."""
    await town.provider.fails(late_notification_ms=700)
    bill, payment = await town.ordered(due_at=clock() + timedelta(minutes=15))
    await town.scan(payment)
    clock.forward(minutes=15)
    await town.work()
    assert await town.till.state(bill) == DONE
    await town.hears()
    assert await town.till.state(bill) == DONE


async def test_a_bill_nobody_pays_lapses_and_can_not_be_paid_any_more(town, clock):
    """IDN-09."""
    bill, payment = await town.ordered(due_at=clock() + timedelta(minutes=15))
    clock.forward(minutes=15)
    await town.work()
    assert await town.till.state(bill) == (BillState.LAPSED, [PaymentState.CLOSED], [])
    assert not await town.scan(payment)
    assert await town.till.balances() == {}


async def test_what_was_paid_for_a_void_bill_is_back_at_once(town):
    """CAP-115: paid but cancelled."""
    await town.provider.fails(lose_notification=100)
    bill, payment = await town.ordered()
    await town.till.void(bill)
    await town.scan(payment)
    await town.work()
    assert await town.till.state(bill) == (BillState.VOID, [PaymentState.PAID], [RefundState.DONE])
    assert (await town.told(payment)).state == "REFUND"
    assert await town.till.balances() == {}


async def test_a_lost_answer_to_an_order_makes_no_second_order(town, clock):
    bill = await town.till.bill()
    payment = await town.start(bill)
    await town.provider.fails(lose_answer=1)
    await town.work()
    assert (await town.till.state(bill))[1] == [PaymentState.PLANNED]
    clock.forward(minutes=1)
    await town.work()
    assert (await town.till.state(bill))[1] == [PaymentState.ORDERED]
    assert await town.scan(payment)
    await town.hears()


async def test_an_order_paid_while_its_answer_was_lost_is_booked(town, clock):
    await town.provider.fails(lose_answer=1, lose_notification=100)
    bill = await town.till.bill()
    payment = await town.start(bill)
    await town.work()
    await town.scan(payment)
    clock.forward(minutes=1)
    await town.work()
    assert await town.till.state(bill) == DONE


async def test_after_a_refused_order_the_bill_is_paid_anew(town, clock):
    await town.provider.fails(refuse=1)
    bill, _ = await town.ordered()
    assert (await town.till.state(bill))[1] == [PaymentState.FAILED]
    clock.forward(seconds=1)
    second = await town.start(bill)
    await town.work()
    await town.scan(second)
    await town.hears()
    states = [PaymentState.FAILED, PaymentState.PAID]
    assert await town.till.state(bill) == (BillState.PAID, states, [])


async def test_a_refund_reaches_the_payer_though_its_answer_is_lost(town, clock):
    bill, payment = await town.ordered()
    await town.scan(payment)
    await town.hears()
    await town.provider.fails(lose_answer=1, lose_notification=100)
    refund = await town.till.refund(bill, lines=[1])
    await town.work()
    clock.forward(minutes=1)
    await town.work()
    assert await town.till.state(bill) == (
        BillState.PARTLY_REFUNDED,
        [PaymentState.PAID],
        [RefundState.DONE],
    )
    answer = await town.payments.ask_refund(refund.id, town.till.merchant)
    assert answer.body["amount_fen"] == 2500


async def test_a_slow_refund_is_seen_on_its_way_until_it_has_arrived(town, clock):
    bill, payment = await town.ordered()
    await town.scan(payment)
    await town.hears()
    await town.provider.fails(slow_refund=1, lose_notification=100)
    await town.till.refund(bill)
    await town.work()
    assert (await town.till.state(bill))[2] == [RefundState.SENT]
    await town.provider.post("/demo/refunds/finish")
    clock.forward(minutes=1)
    await town.work()
    assert (await town.till.state(bill))[2] == [RefundState.DONE]
    assert await town.till.balances() == {}


async def test_a_refund_the_provider_refuses_waits_for_staff(town):
    bill, payment = await town.ordered()
    await town.scan(payment)
    await town.hears()
    await town.provider.fails(refuse=1)
    await town.till.refund(bill)
    await town.work()
    assert (await town.till.state(bill))[2] == [RefundState.FAILED]


@pytest.fixture
async def notification(town):
    """A genuine notification of a payment we have not heard of, and its bill."""
    caught = asyncio.Queue()

    async def catch(scope, receive, send):
        body = (await receive())["body"]
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        await caught.put((headers, body))
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body", "body": b""})

    async with served(catch) as url:
        wire = WechatPayments(town.provider.url, town.provider.papers, url, PATIENCE)
        bill, payment = await replace(town, payments=wire).ordered()
        await town.scan(payment)
        headers, body = await asyncio.wait_for(caught.get(), 5)
    signed = {name: text for name, text in headers.items() if name.startswith("wechatpay")}
    return bill, signed, body


async def post(town, headers, body):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(town.faces)) as client:
        return await client.post(f"https://test{notify.PATH}", headers=headers, content=body)


@pytest.mark.parametrize(
    "forge",
    [
        lambda headers, body: (headers, body.replace(b"SUCCESS", b"SUCCES5")),
        lambda headers, body: ({**headers, "wechatpay-nonce": "another"}, body),
        lambda headers, body: ({**headers, "wechatpay-signature": "QUJD"}, body),
        lambda _, body: ({}, body),
        lambda headers, _: (headers, b"{}"),
    ],
    ids=["changed body", "changed nonce", "own signature", "unsigned", "empty"],
)
async def test_a_forged_notification_is_refused_and_changes_nothing(town, notification, forge):
    bill, headers, body = notification
    before = await town.till.state(bill)
    assert (await post(town, *forge(headers, body))).status_code == 422
    assert await town.till.state(bill) == before
    assert (await post(town, headers, body)).status_code == 204
    assert await town.till.state(bill) == DONE


async def test_an_endless_notification_is_refused(town):
    answer = await post(town, {}, b"x" * (notify.MOST + 1))
    assert answer.status_code == 413


async def test_the_day_s_books_agree_with_the_provider_s(town, clock):
    """CAP-115: ours against theirs, per payee, with what neither should have."""
    ahead = clock() - now()
    await town.provider.post("/clock", {"ahead_ms": ahead // timedelta(milliseconds=1)})
    bill, payment = await town.ordered()
    await town.scan(payment)
    await town.hears()
    await town.till.refund(bill, lines=[1])
    await town.work()
    foreign = town.till.new()
    order = Order(town.till.merchant, 999, "别家的订单", clock() + timedelta(minutes=5))
    await town.payments.order(foreign, order)
    await town.provider.post(f"/demo/pay/{foreign.hex}")

    clock.forward(days=1)
    await town.work()
    admin = await town.till.place.admin()
    (books,) = await town.till.place.ask(admin, queries.compared_books)
    assert (books.matched, books.our_fen, books.their_fen) == (2, 3667, 3667 + 999)
    (found,) = await town.till.place.ask(admin, queries.differences)
    assert (found.kind, found.booked_id) == (DifferenceKind.MISSING_HERE, foreign)


async def test_the_next_day_s_books_are_opened_by_themselves(town, clock):
    clock.forward(days=1)
    await town.work()
    admin = await town.till.place.admin()
    (books,) = await town.till.place.ask(admin, queries.compared_books)
    assert books.day.isoformat() == "2030-01-07"
    clock.forward(days=1)
    await town.work()
    assert len(await town.till.place.ask(admin, queries.compared_books)) == 2


async def test_the_pages_of_person_and_bill_hear_of_every_step(town):
    bill = await town.till.bill(VISIT)
    pages = (f"person/{bill.person_id}", f"bill/{bill.id}")
    who = (bill.id, bill.person_id, bill.institution_id)
    assert WIRING.topics(events.BillPaid(*who, *bill.subject)) == pages
    assert WIRING.topics(events.PaymentOrdered(bill.id, *who)) == pages
    assert WIRING.topics(events.RefundDone(bill.id, *who)) == pages
