"""The figures of a place are what happened there, and nobody's whom they don't concern (CAP-30)."""

from decimal import Decimal

import pytest

from lianyi.journeys import follow_up, quality_desk
from lianyi.kernel import timers
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import within
from lianyi.people.model import CLERK, DOCTOR, HEALTH_COMMISSION, PHARMACIST, Kind
from lianyi.prescribing.model import ReturnReason
from lianyi.worker.deliver import WORKER
from tests.consult.make import NOTE, Clinic
from tests.drain import deliver
from tests.place import Place
from tests.prescribing.make import Practice, sheet


async def quality(place, **given):
    return await place.ask(await place.admin(), quality_desk.quality, **given)


async def test_reviews_are_counted_by_prescription_and_by_reason(place):
    """PH-11"""
    practice = await Practice.open(place)
    await practice.approved()
    returned = await practice.signed()
    await practice.send_back(returned, reason=ReturnReason.DOSE)
    again = await practice.mend(returned, sheet())
    await practice.send_back(again, reason=ReturnReason.INTERACTION)
    await practice.signed()
    found = (await quality(place)).reviews
    assert (found.reviewed, found.returned, found.waiting, found.all) == (2, 1, 1, 3)
    assert found.reasons == {ReturnReason.DOSE: 1, ReturnReason.INTERACTION: 1}


async def test_what_became_of_online_visits_is_told_with_their_stars(app):
    """CON-27"""
    clinic = await Clinic.open(app)
    await clinic.waiting()
    app.clock.forward(minutes=61)
    while await within(app, WORKER, timers.fire):
        pass
    await deliver(app)
    rated = await clinic.met()
    await clinic.say(rated, "您好，我看过您的记录了。", hat=clinic.doctor)
    await clinic.act(follow_up.end, rated, note=NOTE)
    await clinic.act(follow_up.rate, rated, hat=clinic.patient, stars=4, words="")
    found = (await quality(clinic.place)).online
    assert (found.asked, found.ended, found.offline) == (2, 1, 0)
    assert (found.answered, found.unanswered, found.promised) == (1, 1, 2)
    assert (found.rated, found.stars) == (1, Decimal(4))


async def test_what_is_older_than_the_span_is_not_counted(place):
    practice = await Practice.open(place)
    await practice.approved()
    place.app.clock.forward(days=quality_desk.SPANS[0])
    assert (await quality(place)).reviews.reviewed == 0
    assert (await quality(place, days=30)).reviews.reviewed == 1
    assert (await quality(place, days=31)).days == quality_desk.SPANS[0]


async def test_another_place_sees_nothing_of_it(app, place):
    practice = await Practice.open(place)
    await practice.approved()
    other = await Place.found(app, Kind.COUNTY_HOSPITAL)
    assert (await quality(other)).reviews.all == 0


@pytest.mark.parametrize("role", [DOCTOR, PHARMACIST, CLERK, HEALTH_COMMISSION])
async def test_only_the_administration_sees_the_figures(place, role):
    """CON-15"""
    with pytest.raises(WrongRole):
        await place.ask(await place.hat(role), quality_desk.quality)
