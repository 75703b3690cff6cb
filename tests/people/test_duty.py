"""Who is on duty, and who may be (LIC-04, PH-02)."""

from datetime import date, timedelta

import pytest

from lianyi.kernel.lifecycle import WrongRole
from lianyi.people import queries, service
from lianyi.people.errors import MayNotPractise
from lianyi.people.model import CLERK, DOCTOR, NURSE, PHARMACIST, Grade, Kind, Training
from tests.conftest import NOON
from tests.place import Place


async def names(place):
    return [
        duty.post.name
        for duty in await place.ask(place.office, queries.on_duty, institution_id=place.id)
    ]


async def refused(place, hat):
    with pytest.raises(MayNotPractise) as no:
        await place.do(hat, service.go_on_duty)
    return {finding.code for finding in no.value.findings}


async def test_a_trained_pharmacist_is_on_duty_until_they_go(place):
    """LIC-04"""
    hat = await place.reviewer(name="冯玉兰")
    assert await names(place) == ["冯玉兰"]
    await place.do(hat, service.go_off_duty)
    assert await names(place) == []
    await place.do(hat, service.go_off_duty)
    await place.do(hat, service.go_on_duty)
    assert await names(place) == ["冯玉兰"]


async def test_a_forgotten_duty_ends_by_itself(place, clock):
    """LIC-04"""
    await place.reviewer()
    clock.forward(hours=12)
    assert await names(place) == []


async def test_going_on_duty_again_lets_it_last_longer_from_the_same_beginning(place, clock):
    hat = await place.reviewer()
    clock.forward(hours=6)
    await place.do(hat, service.go_on_duty)
    (duty,) = await place.ask(hat, queries.on_duty, institution_id=place.id)
    assert (duty.since, duty.until) == (NOON, NOON + timedelta(hours=18))


async def test_a_duty_after_a_forgotten_one_begins_anew(place, clock):
    hat = await place.reviewer()
    clock.forward(hours=20)
    await place.do(hat, service.go_on_duty)
    (duty,) = await place.ask(hat, queries.on_duty, institution_id=place.id)
    assert duty.since == NOON + timedelta(hours=20)


async def test_nobody_is_on_duty_in_a_post_that_has_ended(place):
    """LIC-04"""
    hat = await place.reviewer()
    await place.do(place.office, service.end_post, post_id=hat.post_id)
    assert await names(place) == []


async def test_a_duty_counts_only_where_it_is_done(app, place):
    """LIC-04"""
    await (await Place.found(app)).reviewer()
    assert await names(place) == []


async def test_an_assistant_reviews_nothing(place):
    """PH-02: 药士 only fill prescriptions."""
    hat = await place.appoint(PHARMACIST, grade=Grade.ASSISTANT)
    await place.train(hat.person_id)
    assert await refused(place, hat) == {"people.PH-02.title"}


async def test_three_years_of_practice_come_before_the_first_review(place):
    """PH-02"""
    person_id = await place.person("赵新")
    hat = await place.appoint(PHARMACIST, person_id=person_id)
    await place.train(person_id)
    await place.license(person_id, PHARMACIST, practising_since=date(2027, 1, 8))
    assert await refused(place, hat) == {"people.PH-02.too_new"}
    await place.license(person_id, PHARMACIST, practising_since=date(2027, 1, 7))
    await place.do(hat, service.go_on_duty)


async def test_who_was_not_trained_does_not_review(place):
    """PH-02"""
    hat = await place.pharmacist()
    assert await refused(place, hat) == {"people.PH-02.not_trained"}
    await place.train(hat.person_id, valid_until=date(2030, 1, 6))
    assert await refused(place, hat) == {"people.PH-02.training_over"}
    await place.train(hat.person_id, valid_until=date(2030, 1, 7))
    await place.do(hat, service.go_on_duty)


async def test_everything_that_keeps_somebody_away_is_told_at_once(place):
    """LIC-13 and PH-02."""
    person_id = await place.person("赵新")
    hat = await place.appoint(PHARMACIST, person_id=person_id, grade=Grade.NONE)
    assert await refused(place, hat) == {
        "people.LIC-13.not_registered",
        "people.PH-02.title",
        "people.PH-02.not_trained",
    }


async def test_at_a_shop_the_licence_is_what_is_asked(app):
    """PH-02 is the law of medical institutions."""
    chain = await Place.found(app, Kind.PHARMACY_CHAIN)
    store = await Place.found(app, Kind.STORE, parent=chain)
    await store.do(await store.pharmacist(), service.go_on_duty)
    assert len(await names(store)) == 1


@pytest.mark.parametrize("role", [DOCTOR, NURSE, CLERK])
async def test_only_pharmacists_have_this_duty(place, role):
    hat = await place.hat(role)
    for verb in (service.go_on_duty, service.go_off_duty):
        with pytest.raises(WrongRole):
            await place.do(hat, verb)


async def test_nobody_writes_down_their_own_training(place):
    """PH-02"""
    hat = await place.pharmacist()
    with pytest.raises(WrongRole):
        await place.do(
            hat,
            service.record_training,
            person_id=hat.person_id,
            training=Training("SF1", date(2025, 1, 1)),
        )
