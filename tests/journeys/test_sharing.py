from datetime import timedelta

import pytest

from lianyi.access.errors import EmptyShare, NoSuchPerson, OwnGlass
from lianyi.access.model import Cause, ConsentState, Purpose, Share
from lianyi.journeys import permits_desk, sharing
from lianyi.kernel.actor import Actor
from lianyi.kernel.lifecycle import WrongRole
from lianyi.people.model import ADMIN
from tests.journeys.outside import outside as worlds
from tests.place import Place

PHONE = "13612340000"
REASON = "昏迷送医，急诊抢救"


@pytest.fixture
async def there(app):
    return await Place.found(app)


def wish(place, there, **given):
    given.setdefault("expires_at", place.app.clock() + timedelta(days=30))
    return Share(there.id, place.id, Purpose.TREAT, **given)


async def break_glass(place, hat, person_id):
    return await place.do(hat, sharing.break_glass, person_id=person_id, reason=REASON)


async def test_a_patient_agrees_on_the_own_page_and_the_doctor_sees_more(place, there):
    """EMR-17."""
    doctor, patient = await place.doctor(), await place.patient()
    id = await place.do(doctor, sharing.ask, person_id=patient.person_id, share=wish(place, there))
    (asked,) = (await place.ask(patient, permits_desk.consents)).permits
    assert (asked.consent.id, asked.consent.state) == (id, ConsentState.ASKED)
    share = asked.consent.share
    assert (share.holder_id, share.receiver_id) == (there.id, place.id)
    for verb, cause in ((sharing.agree, Cause.CONSENT), (sharing.withdraw, Cause.RELATION)):
        await place.do(patient, verb, consent_id=id)
        chart = await place.open(doctor, patient.person_id, Purpose.TREAT)
        assert chart.cause is cause


async def test_a_patient_shares_without_being_asked_and_refuses_what_was_asked(place, there):
    doctor, patient = await place.doctor(), await place.patient()
    await place.do(patient, sharing.give, share=wish(place, there))
    id = await place.do(doctor, sharing.ask, person_id=patient.person_id, share=wish(place, there))
    await place.do(patient, sharing.refuse, consent_id=id)
    page = await place.ask(patient, permits_desk.consents)
    states = {one.consent.state for one in page.permits}
    assert states == {ConsentState.GIVEN, ConsentState.REFUSED}


async def test_a_doctor_asks_for_the_own_institution_only(app, place, there):
    doctor, patient = await place.doctor(), await place.patient()
    elsewhere = await Place.found(app)
    with pytest.raises(EmptyShare):
        await place.do(
            doctor, sharing.ask, person_id=patient.person_id, share=wish(elsewhere, there)
        )


async def test_a_doctor_without_relation_asks_nobody(place, there):
    stranger = await place.resident()
    with pytest.raises(NoSuchPerson):
        await place.do(
            await place.doctor(),
            sharing.ask,
            person_id=stranger.person_id,
            share=wish(place, there),
        )


async def test_the_person_is_told_at_once_that_the_glass_was_broken(app, place, tmp_path):
    """EMR-05."""
    resident = await place.resident(phone=PHONE)
    doctor = await place.doctor()
    async with worlds(app, tmp_path) as world:
        await break_glass(place, doctor, resident.person_id)
        await world.work()
        assert await world.inbox(PHONE) == ["chart_opened"]
    await place.open(doctor, resident.person_id, Purpose.TREAT)
    (look,) = (await place.ask(resident, permits_desk.readings)).looks
    assert (look.reading.cause, look.glass.reason) == (Cause.BREAK_GLASS, REASON)
    assert (look.reader, look.place) == ("张建国", "青山一院")


async def test_who_has_no_phone_or_does_not_exist_holds_up_no_line(app, place, tmp_path):
    without = await place.resident()
    doctor, nobody = await place.doctor(), app.ids.new(app.clock())
    async with worlds(app, tmp_path) as world:
        for person_id in (without.person_id, nobody):
            await break_glass(place, doctor, person_id)
        await world.work()
    parked = "SELECT count(*) FROM kernel.parked WHERE owner = ANY ($1)"
    assert await place.rows(parked, [without.person_id, nobody]) == [(0,)]


async def test_broken_glass_is_judged_by_another_administrator(place, there):
    """EMR-17."""
    resident, doctor = await place.resident(), await place.doctor()
    id = await break_glass(place, doctor, resident.person_id)
    admin = await place.admin()
    (opened,) = await place.ask(admin, sharing.glasses_to_review)
    assert (opened.glass.id, opened.glass.reason, opened.post.name) == (id, REASON, "张建国")
    assert await place.ask(await there.admin(), sharing.glasses_to_review) == []
    with pytest.raises(WrongRole):
        await place.ask(doctor, sharing.glasses_to_review)
    judged = {"glass_id": id, "justified": False, "note": "与抢救记录不符"}
    own = Actor(doctor.person_id, doctor.post_id, place.id, ADMIN)
    with pytest.raises(OwnGlass):
        await place.do(own, sharing.review_glass, **judged)
    await place.do(admin, sharing.review_glass, **judged)
    assert await place.ask(admin, sharing.glasses_to_review) == []
