"""The province's platform as its customers meet it, on good days and bad (LIC-11)."""

from datetime import date
from random import Random

import msgspec
import pytest

from lianyi.kernel.errand import Answer, Outcome
from lianyi.kernel.ids import Ids
from lianyi.links.inspectorate import Inspectorate
from lianyi.links.signed import Customer, SignedWire
from lianyi.links.supervision import Receipt, Report, Tally, digest, tally_digest
from lianyi.links.wire import Unanswered
from tests.links import provider as providers
from tests.links.provider import now

CODE, DAY = "12370100MB2000010A", date(2030, 1, 7)
LICENCE = {"name": "青山一院", "kind": "tertiary_hospital", "licence": "P1", "until": "2031-01-01"}
DOCTOR = {"licence": "370001", "role": "doctor"}
VISIT = {
    "patient": "a" * 32,
    "doctor": "370001",
    "began": "2030-01-07T08:00:00+08:00",
    "ended": "2030-01-07T08:10:00+08:00",
    "end": "recorded",
    "diagnoses": ["I10.x00x002"],
    "note": "0" * 64,
}


def report(kind, content, *, number="1", edition=1):
    return Report(CODE, kind, number, edition, DAY, content)


def platform(provider, papers=None):
    wire = SignedWire(provider.client, provider.url, papers or provider.papers, now)
    return Inspectorate(wire)


@pytest.fixture
async def provider(tmp_path):
    async with providers.running(tmp_path, "supervision") as provider:
        yield provider


@pytest.fixture
def keys(request):
    ids = Ids(Random(request.node.nodeid))
    return lambda: ids.new(now())


@pytest.fixture
async def known(provider, keys):
    """Return the platform once it knows the institution and its doctor."""
    one = platform(provider)
    for kind, content in (("licence", LICENCE), ("practitioner", DOCTOR)):
        assert (await one.report(keys(), report(kind, content))).outcome is Outcome.YES
    return one


async def test_a_report_is_answered_with_a_receipt_for_that_content(known, keys):
    answer = await known.report(keys(), report("visit", VISIT))
    receipt = msgspec.convert(answer.body, Receipt)
    assert receipt.digest == digest(VISIT)
    assert receipt.number


async def test_the_same_key_has_the_same_receipt_and_counts_once(known, keys):
    key = keys()
    first = await known.report(key, report("visit", VISIT))
    assert await known.report(key, report("visit", VISIT)) == first
    assert await known.ask(key) == first
    tally = msgspec.convert((await known.tally(CODE, DAY)).body, Tally)
    assert tally.counts == {"licence": 1, "practitioner": 1, "visit": 1}


async def test_a_key_can_not_be_used_for_another_report(known, keys):
    key = keys()
    await known.report(key, report("visit", VISIT))
    other = await known.report(key, report("visit", {**VISIT, "note": "1" * 64}))
    assert other == Answer(Outcome.NO, {"code": "409"})


async def test_a_higher_edition_replaces_and_an_old_one_is_refused(known, keys):
    for edition in (1, 2):
        await known.report(keys(), report("visit", VISIT, edition=edition))
    late = await known.report(keys(), report("visit", VISIT, edition=1))
    assert late.body == {"code": "OLD_EDITION", "about": "edition"}
    assert (await known.tally(CODE, DAY)).body["counts"]["visit"] == 1


REFUSALS = {
    "a field is missing": ("visit", {**VISIT, "diagnoses": []}, "INCOMPLETE", "diagnoses"),
    "nobody knows the end": ("visit", {**VISIT, "end": "vanished"}, "INCOMPLETE", "end"),
    "nobody says why it went on elsewhere": (
        "visit",
        {**VISIT, "end": "offline"},
        "INCOMPLETE",
        "reasons",
    ),
    "nobody knows the kind": ("rumour", {}, "INCOMPLETE", "kind"),
    "nobody knows the doctor": (
        "visit",
        {**VISIT, "doctor": "0"},
        "UNKNOWN_PRACTITIONER",
        "doctor",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_it_refuses_by_code(known, keys, case):
    kind, content, code, about = REFUSALS[case]
    answer = await known.report(keys(), report(kind, content))
    assert answer == Answer(Outcome.NO, {"code": code, "about": about})


async def test_nothing_is_taken_before_the_institutions_licence(provider, keys):
    answer = await platform(provider).report(keys(), report("practitioner", DOCTOR))
    assert answer.body["code"] == "UNKNOWN_INSTITUTION"


async def test_nothing_is_taken_after_its_last_day(provider, keys):
    """LIC-01"""
    old = {**LICENCE, "until": "2030-01-06"}
    await platform(provider).report(keys(), report("licence", old))
    answer = await platform(provider).report(keys(), report("practitioner", DOCTOR))
    assert answer.body["code"] == "LICENCE_EXPIRED"


async def test_who_has_left_is_no_longer_known(known, keys):
    left = {**DOCTOR, "ended": "2030-01-07"}
    await known.report(keys(), report("practitioner", left, edition=2))
    answer = await known.report(keys(), report("visit", VISIT))
    assert answer.body["code"] == "UNKNOWN_PRACTITIONER"


async def test_after_a_lost_answer_the_same_receipt_is_told(provider, known, keys):
    key = keys()
    await provider.fails(lose_answer=1)
    with pytest.raises(Unanswered):
        await known.report(key, report("visit", VISIT))
    told = await known.ask(key)
    assert told.outcome is Outcome.YES
    assert await known.report(key, report("visit", VISIT)) == told


async def test_what_was_taken_is_counted_though_nobody_could_be_told(provider, known, keys):
    """LIC-11: until its receipt is found, the counts of both sides differ."""
    key = keys()
    await provider.fails(unheard=2)
    with pytest.raises(Unanswered):
        await known.report(key, report("visit", VISIT))
    with pytest.raises(Unanswered):
        await known.ask(key)
    assert (await known.tally(CODE, DAY)).body["counts"]["visit"] == 1
    assert (await known.ask(key)).outcome is Outcome.YES


async def test_a_lost_report_never_arrived(provider, known, keys):
    key = keys()
    await provider.fails(lose_request=1)
    with pytest.raises(Unanswered):
        await known.report(key, report("visit", VISIT))
    assert await known.ask(key) is None


async def test_a_refusal_is_of_one_key_only(provider, known, keys):
    await provider.fails(refuse=1)
    assert (await known.report(keys(), report("visit", VISIT))).body["code"] == "NOT_ACCEPTED"
    assert (await known.report(keys(), report("visit", VISIT))).outcome is Outcome.YES


async def test_the_tally_names_each_receipt(known, keys):
    answer = await known.report(keys(), report("visit", VISIT, number="7"))
    tally = msgspec.convert((await known.tally(CODE, DAY)).body, Tally)
    assert tally.digest != tally_digest([("visit", "7", answer.body["number"])])
    assert (await known.tally("elsewhere", DAY)).body["counts"] == {}


async def test_a_forged_report_is_not_taken(provider, tmp_path, keys):
    forger = providers.give(tmp_path / "forger", Customer("someone", "else"))
    with pytest.raises(Unanswered):
        await platform(provider, forger).report(keys(), report("licence", LICENCE))


async def test_receipts_outlive_a_kill(tmp_path, keys):
    async with providers.process(tmp_path, "supervision") as (provider, child):
        one, key = platform(provider), keys()
        first = await one.report(key, report("licence", LICENCE))
        child.kill()
        child.start()
        await provider.get("/faults")
        assert await one.ask(key) == first
