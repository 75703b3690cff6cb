from datetime import timedelta
from random import Random

import pytest

from lianyi.kernel.errand import Outcome
from lianyi.kernel.ids import Ids
from lianyi.links.identity import Claim
from lianyi.links.province import IdentityProvider
from lianyi.links.signed import Customer, SignedWire
from lianyi.links.wire import Unanswered
from tests.links import provider as providers
from tests.links.provider import now

ID = "110101199003070118"
CLAIM = Claim("李晓梅", ID, "13900000001")


@pytest.fixture
async def provider(tmp_path):
    async with providers.running(tmp_path, "identity") as provider:
        await provider.post(
            "/people", [{"name": CLAIM.name, "id_number": ID, "phone": CLAIM.phone}]
        )
        yield provider


def registry(provider, papers=None, real=now):
    return IdentityProvider(
        SignedWire(provider.client, provider.url, papers or provider.papers, real)
    )


@pytest.fixture
def identity(provider):
    return registry(provider)


@pytest.fixture
def key(request):
    return Ids(Random(request.node.nodeid)).new(now())


@pytest.mark.parametrize(
    ("claim", "outcome", "result"),
    [
        (CLAIM, Outcome.YES, "match"),
        (Claim("李小梅", ID, CLAIM.phone), Outcome.NO, "mismatch"),
        (Claim(CLAIM.name, ID, "13900000002"), Outcome.NO, "mismatch"),
        (Claim(CLAIM.name, "110101199003070126", CLAIM.phone), Outcome.NO, "absent"),
    ],
    ids=["match", "name", "phone", "number"],
)
async def test_all_three_must_belong_to_one_person(identity, key, claim, outcome, result):
    answer = await identity.check(key, claim)
    assert (answer.outcome, answer.body["result"]) == (outcome, result)


async def test_the_same_key_is_answered_with_the_same_serial(identity, key):
    assert await identity.check(key, CLAIM) == await identity.check(key, CLAIM)
    assert await identity.ask(key) == await identity.check(key, CLAIM)


async def test_a_key_can_not_be_used_for_another_claim(identity, key):
    await identity.check(key, CLAIM)
    answer = await identity.check(key, Claim("王强", ID, CLAIM.phone))
    assert (answer.outcome, answer.body) == (Outcome.NO, {"code": "409"})


async def test_a_lost_request_never_arrived(provider, identity, key):
    await provider.fails(lose_request=1)
    with pytest.raises(Unanswered):
        await identity.check(key, CLAIM)
    assert await identity.ask(key) is None


async def test_after_a_lost_answer_asking_tells_it(provider, identity, key):
    await provider.fails(lose_answer=1)
    with pytest.raises(Unanswered):
        await identity.check(key, CLAIM)
    assert (await identity.ask(key)).outcome is Outcome.YES


async def test_a_refusal_is_not_a_mismatch(provider, identity, key):
    await provider.fails(refuse=1)
    assert (await identity.check(key, CLAIM)).body == {"code": "403"}


async def test_a_request_signed_by_another_is_refused_and_its_answer_not_believed(
    provider, tmp_path, key
):
    forger = providers.give(tmp_path / "forger", Customer("someone", "else"))
    with pytest.raises(Unanswered):
        await registry(provider, forger).check(key, CLAIM)
    assert await registry(provider).ask(key) is None


async def test_a_request_signed_long_ago_is_refused(provider, key):
    late = registry(provider, real=lambda: now() - timedelta(minutes=6))
    assert (await late.check(key, CLAIM)).body == {"code": "401"}


async def test_no_log_holds_an_identity_number(identity, key, caplog):
    caplog.set_level("DEBUG")
    await identity.check(key, CLAIM)
    assert ID not in caplog.text + repr(CLAIM)


async def test_answers_outlive_a_kill(tmp_path, key):
    async with providers.process(tmp_path, "identity") as (provider, child):
        identity = registry(provider)
        before = await identity.check(key, CLAIM)
        child.kill()
        child.start()
        await provider.get("/faults")
        assert await identity.ask(key) == before
