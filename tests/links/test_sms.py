from datetime import timedelta
from random import Random

import httpx
import pytest

from lianyi.kernel.errand import Answer, Outcome
from lianyi.kernel.ids import Ids
from lianyi.links.aliyun import Account, AliyunSms
from lianyi.links.sms import Message
from lianyi.links.wire import Unanswered, papers
from tests.links import provider as providers
from tests.links.provider import now

PHONE = "13900000001"
CODE = Message(PHONE, "phone_code", {"code": "402518", "minutes": "5"})


@pytest.fixture
async def provider(tmp_path):
    async with providers.running(tmp_path, "sms") as provider:
        yield provider


@pytest.fixture
def sms(provider):
    return carrier(provider)


@pytest.fixture
def key(request):
    return Ids(Random(request.node.nodeid)).new(now())


def carrier(provider, clock=now):
    return AliyunSms(provider.client, provider.url, provider.papers, clock, now)


async def inbox(provider, phone=PHONE):
    return [message["text"] for message in await provider.get(f"/inbox?phone={phone}")]


async def test_a_message_lies_in_the_inbox_of_its_phone_only(provider, sms, key):
    answer = await sms.send(key, CODE)
    assert (answer.outcome, bool(answer.body["receipt"])) == (Outcome.YES, True)
    assert await inbox(provider) == [
        "【联医演示】验证码402518，5分钟内有效。请勿告诉任何人，包括医院工作人员。"
    ]
    assert await inbox(provider, "13900000002") == []


async def test_the_variables_of_a_message_can_be_read_by_a_machine(provider, sms, key):
    await sms.send(key, CODE)
    (message,) = await provider.get(f"/inbox?phone={PHONE}")
    assert (message["template"], message["values"]["code"]) == ("phone_code", "402518")


async def test_a_lost_request_never_arrived_and_is_sent_again(provider, sms, key):
    await provider.fails(lose_request=1)
    with pytest.raises(Unanswered):
        await sms.send(key, CODE)
    assert await sms.ask(key, CODE) is None
    await sms.send(key, CODE)
    assert len(await inbox(provider)) == 1


async def test_after_a_lost_answer_asking_tells_that_it_was_sent(provider, sms, key):
    await provider.fails(lose_answer=1)
    with pytest.raises(Unanswered):
        await sms.send(key, CODE)
    assert await sms.ask(key, CODE) == Answer(Outcome.YES, {"code": "DELIVERED"})
    assert len(await inbox(provider)) == 1


async def test_a_late_answer_is_unknown_although_the_message_comes(provider, sms, key):
    await provider.fails(delay_ms=700)
    with pytest.raises(Unanswered):
        await sms.send(key, CODE)
    await provider.fails()


async def test_a_carrier_that_sends_twice_is_seen_in_the_inbox(provider, sms, key):
    await provider.fails(duplicate=1)
    await sms.send(key, CODE)
    assert len(await inbox(provider)) == 2


@pytest.mark.parametrize(
    "message",
    [Message("1390000", "phone_code", CODE.values), Message(PHONE, "phone_code", {"code": "1"})],
    ids=["isv.MOBILE_NUMBER_ILLEGAL", "isv.TEMPLATE_MISSING_PARAMETERS"],
)
async def test_what_the_carrier_refuses_is_a_no_with_its_code(provider, sms, key, message, request):
    answer = await sms.send(key, message)
    assert answer == Answer(Outcome.NO, {"code": request.node.callspec.id})
    assert await inbox(provider) == []


async def test_a_refusal_by_order_is_a_no(provider, sms, key):
    await provider.fails(refuse=1)
    assert (await sms.send(key, CODE)).outcome is Outcome.NO


async def test_a_message_is_found_by_its_key_days_later(provider, key):
    await carrier(provider).send(key, CODE)
    later = carrier(provider, lambda: now() + timedelta(days=3))
    assert (await later.ask(key, CODE)).outcome is Outcome.YES


async def test_a_message_is_found_behind_a_page_of_others(provider, sms, key):
    await sms.send(key, CODE)
    ids = Ids(Random(7))
    for _ in range(51):
        await sms.send(ids.new(now()), CODE)
    assert (await sms.ask(key, CODE)).outcome is Outcome.YES


async def test_a_forged_signature_is_refused(provider, tmp_path, key):
    account = papers(provider.papers, Account)
    forged = providers.replace(account, access_key_secret="0" * 32)
    answer = await AliyunSms(
        provider.client, provider.url, providers.give(tmp_path / "forged", forged), now, now
    ).send(key, CODE)
    assert answer == Answer(Outcome.NO, {"code": "SignatureDoesNotMatch"})
    assert await inbox(provider) == []


async def test_a_request_signed_long_ago_is_refused(provider, key):
    late = AliyunSms(
        provider.client, provider.url, provider.papers, now, lambda: now() - timedelta(minutes=16)
    )
    assert (await late.send(key, CODE)).body == {"code": "InvalidTimeStamp.Expired"}


async def test_a_request_taken_from_the_wire_can_not_be_sent_twice(provider, sms, key):
    taken = []
    provider.client.event_hooks = {"request": [lambda request: _keep(taken, request)]}
    await sms.send(key, CODE)
    provider.client.event_hooks = {}
    copy = httpx.Request("POST", taken[0].url, headers=taken[0].headers)
    assert (await provider.client.send(copy)).json()["Code"] == "SignatureNonceUsed"
    assert len(await inbox(provider)) == 1


async def _keep(taken, request):
    taken.append(request)


async def test_without_papers_nobody_knows(provider, tmp_path, key):
    sms = AliyunSms(provider.client, provider.url, tmp_path / "none", now, now)
    with pytest.raises(OSError, match="No such file"):
        await sms.send(key, CODE)


async def test_no_log_holds_a_phone_or_a_code(sms, key, caplog):
    caplog.set_level("INFO")
    await sms.send(key, CODE)
    ours = [line.getMessage() for line in caplog.records if not line.name.startswith("uvicorn")]
    told = "".join([*ours, repr(CODE)])
    assert PHONE not in told
    assert "402518" not in told


async def test_the_inbox_and_the_papers_outlive_a_kill(tmp_path, key):
    async with providers.process(tmp_path, "sms") as (provider, child):
        sms = carrier(provider)
        await sms.send(key, CODE)
        child.kill()
        child.start()
        await provider.get("/faults")
        assert (await sms.ask(key, CODE)).outcome is Outcome.YES
        assert len(await inbox(provider)) == 1
