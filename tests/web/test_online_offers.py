"""An administrator lets doctors be asked online (CON-27)."""

import pytest

from lianyi.consult import queries
from lianyi.consult.model import Kind
from lianyi.journeys import online_offers_desk
from lianyi.people.errors import NoSuchPost
from tests.consult.make import Clinic
from tests.web.counting import statements
from tests.web.staff import signed_in

WISH = {"kind": "follow_up", "item": "online_follow_up", "minutes": "90", "rounds": "8"}


@pytest.fixture
async def clinic(app):
    return await Clinic.open(app)


@pytest.fixture
async def admin(clinic):
    async with signed_in(clinic.place, await clinic.place.admin()) as reader:
        yield reader


async def terms(clinic):
    offer = await clinic.place.ask(
        clinic.place.office, queries.offer, post_id=clinic.doctor.post_id, kind=Kind.FOLLOW_UP
    )
    return offer.minutes, offer.rounds


async def test_what_is_set_is_what_a_patient_is_promised(clinic, admin):
    """CON-27"""
    page = await admin.get("/admin/online")
    assert page.says("张建国", "在线复诊", "60 分钟", "¥15")
    page = await admin.submit(page, "/admin/online", post=str(clinic.doctor.post_id), **WISH)
    assert page.says("90 分钟", "8 条")
    assert await terms(clinic) == (90, 8)


@pytest.mark.parametrize("wrong", [{"minutes": "0"}, {"rounds": "-1"}, {"item": "unpriced"}])
async def test_what_cannot_be_promised_is_not_offered(clinic, admin, wrong):
    page = await admin.get("/admin/online")
    asked = {"post": str(clinic.doctor.post_id), **WISH, **wrong}
    refused = await admin.submit(page, "/admin/online", **asked)
    assert refused.status == 422
    assert await terms(clinic) == (60, 5)


async def test_nobody_sets_the_terms_of_another_institutions_doctor(app, clinic):
    there = await Clinic.open(app)
    given = {"kind": Kind.FOLLOW_UP, "item": "online_follow_up", "minutes": 5, "rounds": 1}
    with pytest.raises(NoSuchPost):
        await there.place.do(
            await there.place.admin(),
            online_offers_desk.set_terms,
            post_id=clinic.doctor.post_id,
            **given,
        )
    assert await terms(clinic) == (60, 5)


async def test_only_an_administrator_sets_terms(clinic):
    async with signed_in(clinic.place, await clinic.place.clerk()) as clerk:
        assert (await clerk.get("/admin/online")).status == 403


async def test_the_page_asks_at_most_twelve(app, clinic):
    asked, _ = await statements(app, await clinic.place.admin(), online_offers_desk.page)
    assert asked <= 12
