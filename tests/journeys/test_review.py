"""A pharmacist at the queue: on duty, one at a time, with a key of their own (LIC-04, PH-02)."""

import asyncio
from dataclasses import dataclass, replace

import pytest

from lianyi.access.errors import NoSuchPerson
from lianyi.journeys import pharmacist_desk, review
from lianyi.kernel.lifecycle import WrongRole, WrongState
from lianyi.links.aliyun import AliyunSms
from lianyi.people import service as people
from lianyi.people.errors import MayNotPractise, NotOnDuty
from lianyi.people.model import DOCTOR, PHARMACIST
from lianyi.prescribing.errors import (
    NoSuchPrescription,
    OtherDocument,
    OwnPrescription,
    TakenByOther,
    Unanswered,
)
from lianyi.prescribing.model import ReturnReason, Severity, State
from lianyi.prescribing.model.review import Answer, Item, Opinion
from lianyi.signatures.errors import KeyClosed
from lianyi.terminology.model import Aspect, Effect
from tests.links import provider as providers
from tests.links.provider import now
from tests.place import Place
from tests.prescribing.make import EVERY, Practice, line, sheet
from tests.prescribing.test_review import said
from tests.signatures.make import Hall, hall
from tests.web.counting import statements

MOST = 12  # statements a page
PHONE = "13900001234"
BY_HAND = dict.fromkeys(Item, Answer.BY_HAND)


@dataclass
class Dispensary:
    """A practice whose pharmacist is on duty and can sign."""

    practice: Practice
    hall: Hall
    pharmacist: object

    @property
    def place(self):
        return self.practice.place

    async def sent(self, **given):
        return await self.practice.signed(sheet(**given))

    async def opinion(self, prescription, **given):
        return await self.practice.opinion(prescription, **{"answers": BY_HAND, **given})

    async def approve(self, prescription, hat=None, **given):
        return await self.place.do(
            hat or self.pharmacist,
            review.approve,
            prescription_id=prescription.id,
            opinion=await self.opinion(prescription, **given),
        )

    async def send_back(self, prescription, **given):
        given = {"reason": ReturnReason.DOSE, "note": "每日剂量偏大，建议减量", **given}
        await self.place.do(
            self.pharmacist,
            review.send_back,
            prescription_id=prescription.id,
            opinion=await self.opinion(prescription, answers={}, **given),
        )

    async def state(self, prescription):
        return await self.practice.state(prescription)


@dataclass
class Town(Hall):
    """The authority, and a carrier of text messages."""

    carrier: object = None

    @property
    def links(self):
        clock = self.app.clock
        sms = AliyunSms(self.carrier.client, self.carrier.url, self.carrier.papers, clock, now)
        return replace(super().links, sms=sms)

    async def inbox(self, phone):
        return [line["template"] for line in await self.carrier.get(f"/inbox?phone={phone}")]


@pytest.fixture(scope="module")
def dsn(cluster, worker_id):
    """The worker takes whatever waits in a database, so it is tried on one of its own."""
    with cluster.clone(f"{worker_id}_review") as url:
        yield url


@pytest.fixture
async def dispensary(place, tmp_path):
    practice = await Practice.open(place)
    async with hall(place, tmp_path) as opened:
        me = await place.reviewer(name="冯玉兰")
        await opened.certify(me)
        await opened.unlock(me)
        yield Dispensary(practice, opened, me)


async def test_a_prescription_is_in_force_once_its_pharmacist_has_signed(dispensary):
    """RX-28"""
    sent = await dispensary.sent()
    await dispensary.approve(sent)
    assert await dispensary.state(sent) is State.APPROVING
    await dispensary.hall.work()
    assert await dispensary.state(sent) is State.APPROVED


async def test_with_the_key_closed_nothing_is_approved(dispensary):
    """RX-28, EMR-06"""
    second = await dispensary.place.reviewer(name="蒋文斌")
    await dispensary.hall.certify(second)
    sent = await dispensary.sent()
    with pytest.raises(KeyClosed):
        await dispensary.approve(sent, second)
    assert await dispensary.state(sent) is State.TO_REVIEW


async def test_a_signature_that_does_not_come_gives_it_back_to_the_queue(dispensary):
    sent = await dispensary.sent()
    await dispensary.approve(sent)
    await dispensary.hall.authority.fails(lose_request=9)
    await dispensary.hall.later(minutes=6)
    assert await dispensary.state(sent) is State.TO_REVIEW


async def test_one_returned_with_a_reason_is_mended_and_approved(dispensary, clock):
    """PH-06"""
    sent = await dispensary.sent()
    await dispensary.send_back(sent)
    assert await dispensary.state(sent) is State.RETURNED
    practice = dispensary.practice
    clock.forward(minutes=9)
    mended = await practice.mend(sent, sheet(line(days=5)))
    await dispensary.approve(mended)
    await dispensary.hall.work()
    assert await dispensary.state(sent) is State.APPROVED
    seen = await look(dispensary, sent)
    assert [said.review.reason for said in seen.hand.reviews] == [None, ReturnReason.DOSE]


async def test_software_approves_nothing(dispensary):
    """PH-07: what could not be checked passes only by hand."""
    sent = await dispensary.sent()
    with pytest.raises(Unanswered):
        await dispensary.approve(sent, answers=EVERY)
    await dispensary.approve(sent)


async def test_off_duty_nothing_is_reviewed(dispensary):
    """LIC-04"""
    sent = await dispensary.sent()
    await dispensary.place.do(dispensary.pharmacist, people.go_off_duty)
    for act in (dispensary.approve(sent), dispensary.send_back(sent)):
        with pytest.raises(NotOnDuty):
            await act
    with pytest.raises(NotOnDuty):
        await dispensary.place.do(dispensary.pharmacist, review.claim, prescription_id=sent.id)


async def test_who_was_not_trained_reviews_nothing(dispensary):
    """PH-02"""
    sent = await dispensary.sent()
    with pytest.raises(MayNotPractise):
        await dispensary.approve(sent, await dispensary.place.pharmacist())


async def test_a_doctor_who_is_a_pharmacist_too_does_not_review_their_own(dispensary):
    """PH-08"""
    place, doctor = dispensary.place, dispensary.practice.doctor
    await place.license(doctor.person_id, PHARMACIST)
    hat = await place.reviewer(person_id=doctor.person_id)
    sent = await dispensary.sent()
    for act in (review.claim, review.release):
        with pytest.raises(OwnPrescription):
            await place.do(hat, act, prescription_id=sent.id)
    with pytest.raises(OwnPrescription):
        await dispensary.approve(sent, hat)
    (row,) = (await place.ask(hat, pharmacist_desk.desk)).queue
    assert row.own


async def test_a_doctor_reviews_nothing(dispensary):
    sent = await dispensary.sent()
    other = await dispensary.place.appoint(DOCTOR, name="钱进")
    with pytest.raises(WrongRole):
        await dispensary.place.do(other, review.claim, prescription_id=sent.id)
    with pytest.raises(WrongRole):
        await dispensary.place.ask(other, pharmacist_desk.desk)


async def test_a_pharmacist_of_elsewhere_learns_nothing(dispensary, app):
    sent = await dispensary.sent()
    elsewhere = await Place.found(app)
    stranger = await elsewhere.reviewer()
    with pytest.raises((NoSuchPrescription, NoSuchPerson)):
        await elsewhere.do(stranger, review.claim, prescription_id=sent.id)
    with pytest.raises((NoSuchPrescription, NoSuchPerson)):
        await elsewhere.ask(stranger, pharmacist_desk.hand, prescription_id=sent.id)
    assert (await elsewhere.ask(stranger, pharmacist_desk.desk)).queue == ()


async def test_two_pharmacists_do_not_work_at_the_same(dispensary):
    sent = await dispensary.sent()
    second = await dispensary.place.reviewer(name="蒋文斌")
    act = {"prescription_id": sent.id}
    await dispensary.place.do(dispensary.pharmacist, review.claim, **act)
    with pytest.raises(TakenByOther):
        await dispensary.place.do(second, review.claim, **act)
    seen = await dispensary.place.ask(second, pharmacist_desk.hand, **act)
    assert (seen.hand.open, seen.hand.mine, seen.queue[0].taken) == (False, False, True)
    await dispensary.place.do(dispensary.pharmacist, review.release, **act)
    await dispensary.place.do(second, review.claim, **act)


async def test_twenty_approvals_at_once_are_one(dispensary):
    """PH-08: one prescription, one review."""
    sent = await dispensary.sent()
    answers = await asyncio.gather(
        *(dispensary.approve(sent) for _ in range(20)), return_exceptions=True
    )
    assert sum(isinstance(answer, WrongState) for answer in answers) == 19
    await dispensary.hall.work()
    assert await dispensary.state(sent) is State.APPROVED


async def test_the_riskiest_is_read_first(dispensary, clock):
    low = await dispensary.sent()
    clock.forward(minutes=1)
    dispensary.practice.findings = (said(Aspect.ALLERGY, Severity.WARN, Effect.AVOID),)
    high = await dispensary.sent()
    desk = await dispensary.place.ask(dispensary.pharmacist, pharmacist_desk.desk)
    assert [row.prescription.id for row in desk.queue] == [high.id, low.id]
    assert desk.queue[0].risk.level == "high"


async def test_the_right_to_prescribe_is_looked_at_again(dispensary):
    """RX-25: a licence that has ended since the signature is shown at the review."""
    sent = await dispensary.sent()
    items = {one.item: one for one in (await look(dispensary, sent)).hand.items}
    assert items[Item.PRESCRIBER].answer is Answer.PASS
    await dispensary.place.do(
        dispensary.place.office, people.end_post, post_id=dispensary.practice.doctor.post_id
    )
    items = {one.item: one for one in (await look(dispensary, sent)).hand.items}
    assert items[Item.PRESCRIBER].answer is None


async def test_the_person_is_told_when_it_is_in_force(dispensary, tmp_path):
    sent = await dispensary.sent()
    await dispensary.approve(sent)
    await dispensary.hall.work()
    practice = dispensary.practice
    practice.patient = await dispensary.place.patient(DOCTOR, PHARMACIST, phone=PHONE)
    sent = await dispensary.sent()
    await dispensary.approve(sent)
    async with providers.running(tmp_path / "sms", "sms") as carrier:
        town = Town(dispensary.place, dispensary.hall.authority, carrier)
        await town.work()
        assert await town.inbox(PHONE) == ["prescription_approved"]
    assert await dispensary.state(sent) is State.APPROVED


async def test_the_desk_asks_the_same_for_one_and_for_many(dispensary, app):
    me, first = dispensary.pharmacist, await dispensary.sent()
    one, _ = await statements(app, me, pharmacist_desk.desk)
    hand = {"prescription_id": first.id}
    of_one, _ = await statements(app, me, lambda tx: pharmacist_desk.hand(tx, **hand))
    for _ in range(3):
        await dispensary.sent()
    many, seen = await statements(app, me, pharmacist_desk.desk)
    of_many, _ = await statements(app, me, lambda tx: pharmacist_desk.hand(tx, **hand))
    assert len(seen.queue) == 4
    assert one == many <= MOST
    assert of_one == of_many <= MOST


async def look(dispensary, prescription):
    return await dispensary.place.ask(
        dispensary.pharmacist, pharmacist_desk.hand, prescription_id=prescription.id
    )


async def test_an_opinion_about_something_else_is_refused(dispensary, app):
    sent = await dispensary.sent()
    other = Opinion(app.ids.new(app.clock()), BY_HAND)
    with pytest.raises(OtherDocument):
        await dispensary.place.do(
            dispensary.pharmacist, review.approve, prescription_id=sent.id, opinion=other
        )
