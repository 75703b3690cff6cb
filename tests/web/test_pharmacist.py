"""The pharmacist's desk as a pharmacist sits at it."""

import pytest

from lianyi.journeys import pharmacist_desk
from lianyi.people.model import CLERK, PHARMACIST
from tests.web.counting import statements
from tests.web.staff import signed_in

REVIEW = "/review"
MOST = 12  # statements a page


@pytest.fixture
async def pharmacist(place):
    hat = await place.pharmacist()
    await place.train(hat.person_id)
    async with signed_in(place, hat) as reader:
        yield reader


async def test_a_pharmacist_goes_on_duty_and_off_it(pharmacist):
    """LIC-04"""
    page = await pharmacist.get(REVIEW)
    assert page.says("不在岗", "医师不能发送处方")
    page = await pharmacist.submit(page, f"{REVIEW}/on-duty")
    assert page.says("在岗至 2030-01-08 00:00")
    page = await pharmacist.submit(page, f"{REVIEW}/off-duty")
    assert page.says("不在岗")


async def test_the_page_begins_where_a_pharmacist_works(pharmacist):
    page = await pharmacist.get("/desk")
    assert page.says("审方工作台")


async def test_who_may_not_review_reads_why(place):
    """PH-02"""
    async with signed_in(place, await place.pharmacist()) as reader:
        page = await reader.get(REVIEW)
        assert page.says("没有处方审核培训合格记录", "依据 PH-02")
        assert not page.says("上班")


async def test_others_on_duty_are_named(place, pharmacist):
    await place.reviewer(name="蒋文斌")
    page = await pharmacist.get(REVIEW)
    assert page.says("同时在岗：蒋文斌")


async def test_no_other_role_sits_here(place):
    async with signed_in(place, await place.hat(CLERK)) as reader:
        assert (await reader.get(REVIEW)).status == 403


async def test_the_desk_asks_the_same_for_one_and_for_many(place, app):
    me = await place.reviewer()
    one, _ = await statements(app, me, pharmacist_desk.desk)
    for _ in range(3):
        await place.reviewer()
    many, seen = await statements(app, me, pharmacist_desk.desk)
    assert len(seen.duties) == 4
    assert one == many <= MOST


async def test_the_training_of_a_pharmacist_is_recorded_in_the_staff_office(place):
    """PH-02"""
    hat = await place.appoint(PHARMACIST, name="冯玉兰")
    async with signed_in(place, await place.admin()) as reader:
        at = f"/admin/staff/{hat.post_id}"
        assert (await reader.get(at)).says("处方审核资格", "没有处方审核培训合格记录")
        page = await reader.get(f"{at}/training")
        wrong = {"certificate": "SF20290001", "passed_on": "2029-06-01"}
        page = await reader.submit(page, f"{at}/training", **wrong, valid_until="2029-05-31")
        assert page.status == 422
        assert page.says("有效期不能早于考核合格日期。")
        page = await reader.submit(page, f"{at}/training", **wrong, valid_until="")
        assert page.says("SF20290001", "2029-06-01")
        assert not page.says("不可审方")
