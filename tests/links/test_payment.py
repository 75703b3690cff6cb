import asyncio
import shutil
import socket
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from lianyi.kernel.config import Config
from lianyi.kernel.errand import Answer, Outcome
from lianyi.kernel.ids import Ids
from lianyi.links.payment import Bill, Forged, Order, Paid, Refund, Refunded, State
from lianyi.links.simulators import payment
from lianyi.links.wechat import Merchant, WechatPayments
from lianyi.links.wechat_notices import Notices
from lianyi.links.wire import Unanswered, papers
from tests.links import provider as providers
from tests.links.provider import now
from tests.serving import served

HOSPITAL, PHARMACY = "1900000109", "1900000110"
ZONE = ZoneInfo("Asia/Shanghai")
PATIENCE = (0.5, 0.5)


@pytest.fixture(scope="session")
def born(tmp_path_factory):
    """A provider's home whose keys are made, which takes a second."""
    home = tmp_path_factory.mktemp("provider")
    payment.app(Config(home=home))
    return home


@pytest.fixture
def home(tmp_path, born):
    for name in ("simulators/payment/keys", "credentials"):
        shutil.copytree(born / name, tmp_path / name)
    return tmp_path


@pytest.fixture
async def provider(home):
    async with providers.running(home, "payment") as provider:
        yield provider


class Hospital:
    """Hears notifications, and keeps them as they came."""

    def __init__(self):
        self.heard = asyncio.Queue()
        self.deaf = 0

    async def notified(self, request):
        await self.heard.put((dict(request.headers), await request.body()))
        self.deaf -= 1
        return Response(status_code=500 if self.deaf >= 0 else 204)

    async def next(self):
        return await asyncio.wait_for(self.heard.get(), 5)


@pytest.fixture
async def hospital():
    async with listening(Hospital()) as hospital:
        yield hospital


@asynccontextmanager
async def listening(hospital):
    app = Starlette(routes=[Route("/notices", hospital.notified, methods=["POST"])])
    with socket.create_server(("127.0.0.1", 0)) as door:
        hospital.url = f"http://127.0.0.1:{door.getsockname()[1]}/notices"
        async with served(app, door):
            yield hospital


@pytest.fixture
def payments(provider, hospital):
    return WechatPayments(provider.url, provider.papers, hospital.url, PATIENCE)


@pytest.fixture
def notices(provider):
    return Notices(provider.papers, now)


@pytest.fixture
def keys(request):
    ids = Ids(Random(request.node.nodeid))
    return lambda: ids.new(now())


def order(amount_fen=2500, payee=HOSPITAL, expires_at=None):
    return Order(payee, amount_fen, "门诊挂号费", expires_at or now() + timedelta(minutes=15))


def back(order_key, amount_fen, total_fen=2500, payee=HOSPITAL):
    return Refund(payee, order_key, amount_fen, total_fen, "患者取消预约")


async def paid(payments, provider, keys, amount_fen=2500, payee=HOSPITAL):
    """Return the key of a paid order."""
    key = keys()
    answer = await payments.order(key, order(amount_fen, payee))
    await provider.post(f"/demo/pay/{answer.body['code_url'].split('=')[1]}")
    return key


async def test_an_order_is_paid_by_its_code_and_known_by_its_key(payments, provider, keys):
    key = await paid(payments, provider, keys)
    answer = await payments.ask(key, HOSPITAL)
    told = msgspec.convert(answer.body, Paid)
    assert answer.outcome is Outcome.YES
    assert (told.state, told.order_key, told.payee) == (State.PAID, key, HOSPITAL)
    assert (told.amount_fen, bool(told.transaction_id)) == (2500, True)
    assert abs(now() - told.paid_at) < timedelta(minutes=1)


async def test_an_order_nobody_has_paid_is_unknown(payments, keys):
    key = keys()
    await payments.order(key, order())
    answer = await payments.ask(key, HOSPITAL)
    assert (answer.outcome, answer.body["state"]) == (Outcome.UNKNOWN, "NOTPAY")


async def test_an_order_nobody_placed_never_arrived(payments, keys):
    assert await payments.ask(keys(), HOSPITAL) is None


async def test_an_order_sent_again_is_the_same_order(payments, keys):
    key, asked = keys(), order()
    assert await payments.order(key, asked) == await payments.order(key, asked)


async def test_a_key_can_not_be_used_for_another_amount(payments, keys):
    key = keys()
    await payments.order(key, order(2500))
    assert await payments.order(key, order(1)) == Answer(Outcome.NO, {"code": "OUT_TRADE_NO_USED"})


async def test_an_order_sent_again_after_it_was_paid_tells_so(payments, provider, keys):
    key = keys()
    await payments.order(key, order())
    await provider.post(f"/demo/pay/{key.hex}")
    answer = await payments.order(key, order())
    assert (answer.outcome, answer.body["state"]) == (Outcome.YES, "SUCCESS")


async def test_another_payee_can_not_ask_for_an_order(payments, keys):
    key = keys()
    await payments.order(key, order())
    assert (await payments.ask(key, PHARMACY)).outcome is Outcome.NO


async def test_an_order_is_paid_once(payments, provider, keys):
    key = await paid(payments, provider, keys)
    answer = await provider.client.post(f"{provider.url}/demo/pay/{key.hex}")
    assert (answer.status_code, answer.json()["code"]) == (409, "SUCCESS")


async def test_a_closed_order_can_not_be_paid(payments, provider, keys):
    key = keys()
    await payments.order(key, order())
    assert (await payments.close(key, HOSPITAL)).outcome is Outcome.YES
    assert (await payments.close(key, HOSPITAL)).outcome is Outcome.YES
    assert (await provider.client.post(f"{provider.url}/demo/pay/{key.hex}")).status_code == 409
    assert (await payments.ask(key, HOSPITAL)).outcome is Outcome.NO


async def test_a_paid_order_can_not_be_closed(payments, provider, keys):
    key = await paid(payments, provider, keys)
    assert await payments.close(key, HOSPITAL) == Answer(Outcome.NO, {"code": "ORDERPAID"})


async def test_an_order_out_of_time_can_not_be_paid(payments, provider, keys):
    key = keys()
    await payments.order(key, order())
    await provider.post("/clock", {"ahead_ms": 16 * 60 * 1000})
    assert (await provider.client.post(f"{provider.url}/demo/pay/{key.hex}")).status_code == 409
    assert (await payments.ask(key, HOSPITAL)).body["state"] == "CLOSED"


async def test_a_payer_without_money_has_not_paid(payments, provider, keys):
    key = keys()
    await payments.order(key, order())
    await provider.fails(refuse_payer=1)
    assert (await provider.client.post(f"{provider.url}/demo/pay/{key.hex}")).status_code == 402
    assert (await payments.ask(key, HOSPITAL)).outcome is Outcome.UNKNOWN


async def test_the_payers_page_shows_payee_and_amount(payments, provider, keys):
    key = keys()
    await payments.order(key, order(1990))
    page = (await provider.client.get(f"{provider.url}/demo/pay/{key.hex}")).text
    assert "¥19.90" in page
    assert HOSPITAL in page
    assert "演示" in page


async def test_after_a_lost_answer_the_order_is_not_made_twice(payments, provider, keys):
    key, asked = keys(), order()
    await provider.fails(lose_answer=1)
    with pytest.raises(OSError, match="timed out"):
        await payments.order(key, asked)
    assert (await payments.ask(key, HOSPITAL)).body["state"] == "NOTPAY"
    assert (await payments.order(key, asked)).outcome is Outcome.YES


async def test_a_lost_request_never_arrived(payments, provider, keys):
    key = keys()
    await provider.fails(lose_request=1)
    with pytest.raises(OSError, match="timed out"):
        await payments.order(key, order())
    assert await payments.ask(key, HOSPITAL) is None


async def test_a_refusal_is_a_no_with_its_code(payments, provider, keys):
    await provider.fails(refuse=1)
    assert await payments.order(keys(), order()) == Answer(Outcome.NO, {"code": "RULE_LIMIT"})


async def test_a_provider_that_is_not_there_leaves_us_not_knowing(provider, keys):
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
    with pytest.raises(OSError, match="refused"):
        await WechatPayments(url, provider.papers, "http://x", PATIENCE).order(keys(), order())


async def test_a_request_signed_with_another_key_is_refused(provider, tmp_path, keys):
    folder = tmp_path / "forger"
    shutil.copytree(provider.papers, folder)
    stranger = tmp_path / "stranger"
    payment.app(Config(home=stranger))
    key = papers(stranger / "credentials" / "payment", Merchant).private_key
    forged = providers.replace(papers(folder, Merchant), private_key=key)
    (folder / "customer.json").write_bytes(msgspec.json.encode(forged))
    answer = await WechatPayments(provider.url, folder, "http://x", PATIENCE).order(keys(), order())
    assert answer == Answer(Outcome.NO, {"code": "SIGN_ERROR"})


async def test_an_answer_signed_by_another_is_not_believed(provider, tmp_path, keys):
    """A stranger who knows our papers still has not the provider's key."""
    stranger = tmp_path / "stranger"
    payment.app(Config(home=stranger))
    ours, theirs = provider.papers, stranger / "credentials" / "payment"
    mixed = tmp_path / "mixed"
    shutil.copytree(theirs, mixed)
    shutil.rmtree(mixed / "certificates")
    shutil.copytree(ours / "certificates", mixed / "certificates")
    wrong = providers.replace(papers(theirs, Merchant), apiv3_key="0" * 32)
    (mixed / "customer.json").write_bytes(msgspec.json.encode(wrong))
    async with providers.running(stranger, "payment") as impostor:
        with pytest.raises(Unanswered):
            await WechatPayments(impostor.url, mixed, "http://x", PATIENCE).order(keys(), order())


async def test_a_payment_is_notified_and_the_notification_can_be_read(
    payments, provider, hospital, notices, keys
):
    key = await paid(payments, provider, keys)
    told = notices.read(*await hospital.next())
    assert (told.order_key, told.state, told.amount_fen) == (key, State.PAID, 2500)
    assert told.payee == HOSPITAL


async def test_a_notification_is_repeated_until_it_is_heard(payments, provider, hospital, keys):
    hospital.deaf = 1
    await paid(payments, provider, keys)
    first, second = await hospital.next(), await hospital.next()
    assert msgspec.json.decode(first[1])["id"] == msgspec.json.decode(second[1])["id"]


async def test_a_lost_notification_comes_later_and_asking_knows_before(
    payments, provider, hospital, notices, keys
):
    await provider.fails(lose_notification=1)
    key = await paid(payments, provider, keys)
    assert hospital.heard.empty()
    assert (await payments.ask(key, HOSPITAL)).outcome is Outcome.YES
    assert notices.read(*await hospital.next()).order_key == key


async def test_a_notification_can_come_twice(payments, provider, hospital, notices, keys):
    await provider.fails(duplicate=1)
    await paid(payments, provider, keys)
    assert notices.read(*await hospital.next()) == notices.read(*await hospital.next())


@pytest.mark.parametrize(
    "forge",
    [
        lambda headers, body: (headers, body.replace(b"SUCCESS", b"REFUSED")),
        lambda headers, body: ({**headers, "wechatpay-nonce": "another"}, body),
        lambda headers, body: ({**headers, "wechatpay-timestamp": "0"}, body),
        lambda headers, body: ({**headers, "wechatpay-serial": "00"}, body),
        lambda headers, body: ({**headers, "wechatpay-serial": "../customer"}, body),
        lambda headers, body: ({**headers, "wechatpay-signature": "AAAA"}, body),
        lambda headers, body: ({**headers, "wechatpay-signature": "中"}, body),
        lambda _, body: ({}, body),
        lambda headers, body: ({**headers, "wechatpay-signature-type": "NONE"}, body),
    ],
    ids=["body", "nonce", "time", "serial", "path", "signature", "text", "nothing", "type"],
)
async def test_a_forged_notification_is_refused(payments, provider, hospital, notices, keys, forge):
    await paid(payments, provider, keys)
    with pytest.raises(Forged):
        notices.read(*forge(*await hospital.next()))


async def test_an_old_notification_is_not_believed_again(payments, provider, hospital, keys):
    await paid(payments, provider, keys)
    later = Notices(provider.papers, lambda: now() + timedelta(minutes=6))
    with pytest.raises(Forged):
        later.read(*await hospital.next())


async def test_a_part_of_an_order_goes_back(payments, provider, hospital, notices, keys):
    key, refund_key = await paid(payments, provider, keys), keys()
    await hospital.next()
    answer = await payments.refund(refund_key, back(key, 1000))
    told = msgspec.convert(answer.body, Refunded)
    assert answer.outcome is Outcome.YES
    assert (told.key, told.order_key, told.amount_fen) == (refund_key, key, 1000)
    assert notices.read(*await hospital.next()) == told
    assert (await payments.ask(key, HOSPITAL)).body["state"] == "REFUND"


async def test_a_refund_sent_again_gives_back_once(payments, provider, keys):
    key, refund_key = await paid(payments, provider, keys), keys()
    await provider.fails(lose_answer=1)
    with pytest.raises(OSError, match="timed out"):
        await payments.refund(refund_key, back(key, 2000))
    first = await payments.ask_refund(refund_key, HOSPITAL)
    assert first == await payments.refund(refund_key, back(key, 2000))
    assert (await payments.refund(keys(), back(key, 501))).outcome is Outcome.NO
    assert (await payments.refund(keys(), back(key, 500))).outcome is Outcome.YES


async def test_a_refund_key_can_not_be_used_for_another_amount(payments, provider, keys):
    key, refund_key = await paid(payments, provider, keys), keys()
    await payments.refund(refund_key, back(key, 1))
    answer = await payments.refund(refund_key, back(key, 2))
    assert answer == Answer(Outcome.NO, {"code": "PARAM_ERROR"})


@pytest.mark.parametrize(
    "wrong",
    [
        lambda key: back(key, 2501),
        lambda key: back(key, 100, total_fen=3000),
        lambda key: back(key, 100, payee=PHARMACY),
        lambda _: back(UUID(int=1), 100),
    ],
    ids=["above what was paid", "another total", "another payee", "no such order"],
)
async def test_a_refund_that_does_not_fit_its_order_is_refused(payments, provider, keys, wrong):
    key = await paid(payments, provider, keys)
    assert (await payments.refund(keys(), wrong(key))).outcome is Outcome.NO


async def test_an_unpaid_order_can_not_be_refunded(payments, keys):
    key = keys()
    await payments.order(key, order())
    assert (await payments.refund(keys(), back(key, 1))).outcome is Outcome.NO


async def test_a_slow_refund_is_unknown_until_the_money_is_back(
    payments, provider, hospital, notices, keys
):
    key, refund_key = await paid(payments, provider, keys), keys()
    await hospital.next()
    await provider.fails(slow_refund=1)
    answer = await payments.refund(refund_key, back(key, 2500))
    assert (answer.outcome, answer.body["state"]) == (Outcome.UNKNOWN, "PROCESSING")
    assert await provider.post("/demo/refunds/finish") == {"refunds": 1}
    assert (await payments.ask_refund(refund_key, HOSPITAL)).outcome is Outcome.YES
    assert notices.read(*await hospital.next()).key == refund_key


async def test_a_refund_nobody_asked_for_never_arrived(payments, keys):
    assert await payments.ask_refund(keys(), HOSPITAL) is None


@given(
    amount=st.integers(1, 10**9),
    parts=st.lists(st.integers(1, 10**9), min_size=1, max_size=5),
    seed=st.integers(0, 2**64),
)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_refunds_never_exceed_what_was_paid(born, tmp_path_factory, amount, parts, seed):
    """Whole fen only: what was given back and what is left always sum to what was paid."""
    home = tmp_path_factory.mktemp("home")
    for name in ("simulators/payment/keys", "credentials"):
        shutil.copytree(born / name, home / name)
    asyncio.run(_refund_all(home, amount, parts, Ids(Random(seed))))


async def _refund_all(home, amount, parts, ids):
    def keys():
        return ids.new(now())

    async with providers.running(home, "payment") as provider:
        payments = WechatPayments(provider.url, provider.papers, "http://127.0.0.1:9/", PATIENCE)
        key = await paid(payments, provider, keys, amount)
        left = amount
        for part in parts:
            answer = await payments.refund(keys(), back(key, part, amount))
            assert answer.outcome is (Outcome.YES if part <= left else Outcome.NO)
            left -= part if part <= left else 0
        today = now().astimezone(ZONE).date()
        lines = msgspec.convert((await payments.bill(today, HOSPITAL)).body, Bill).lines
        given_back = sum(line.amount_fen for line in lines if line.refund_number)
        assert amount - given_back == left


async def test_the_bill_of_a_day_lists_what_moved_for_one_payee(payments, provider, keys):
    first = await paid(payments, provider, keys, 1999)
    await paid(payments, provider, keys, 5, payee=PHARMACY)
    refund_key = keys()
    await payments.refund(refund_key, back(first, 1, 1999))
    today = now().astimezone(ZONE).date()
    lines = msgspec.convert((await payments.bill(today, HOSPITAL)).body, Bill).lines
    assert [(line.order_number, line.amount_fen, line.refund_number) for line in lines] == [
        (first.hex, 1999, ""),
        (first.hex, 1, refund_key.hex),
    ]


async def test_a_day_on_which_nothing_moved_has_an_empty_bill(payments):
    answer = await payments.bill(now().astimezone(ZONE).date(), HOSPITAL)
    assert answer == Answer(Outcome.YES, {"lines": []})


async def test_an_acknowledged_payment_and_its_notification_outlive_a_kill(home, hospital, keys):
    async with providers.process(home, "payment") as (provider, child):
        payments = WechatPayments(provider.url, provider.papers, hospital.url, (3, 10))
        await provider.fails(late_notification_ms=2000)
        key = await paid(payments, provider, keys)
        child.kill()
        child.start()
        await provider.get("/faults")
        assert (await payments.ask(key, HOSPITAL)).outcome is Outcome.YES
        heard = Notices(provider.papers, now).read(*await hospital.next())
        assert heard.order_key == key


async def test_a_payers_retry_meets_the_same_order_after_a_kill(home, hospital, keys):
    async with providers.process(home, "payment") as (provider, child):
        payments = WechatPayments(provider.url, provider.papers, hospital.url, (3, 10))
        key, asked = keys(), order()
        before = await payments.order(key, asked)
        child.kill()
        child.start()
        assert await payments.order(key, asked) == before


async def test_certificates_are_sealed_for_the_merchant(provider, payments, keys):
    await payments.order(keys(), order())
    answer = await provider.client.get(f"{provider.url}/v3/certificates")
    assert answer.status_code == httpx.codes.UNAUTHORIZED
