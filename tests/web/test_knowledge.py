"""The knowledge base and who answers for it (RX-28, CAP-49)."""

from datetime import date

import pytest

from lianyi.journeys import knowledge
from lianyi.kernel.lifecycle import WrongRole
from lianyi.people.errors import MayNotPractise
from lianyi.people.model import ADMIN, DOCTOR, PHARMACIST
from lianyi.terminology import queries as terminology
from tests.web.counting import statements
from tests.web.staff import signed_in

PAGE = "/knowledge"


async def test_a_pharmacist_answers_for_the_loaded_version_in_their_own_name(place):
    hat = await place.appoint(PHARMACIST, name="赵敏")
    async with signed_in(place, hat) as reader:
        page = await reader.get(PAGE)
        assert page.says("本机构还不能签名处方", "演示知识库", terminology.release().version)
        page = await reader.submit(page, PAGE, note="已核对高警示药品")
        assert page.says("已批准", "赵敏 批准", "已核对高警示药品")
        assert not page.says("以本人名义批准")


async def test_an_approval_says_what_was_looked_at(place):
    async with signed_in(place, await place.appoint(PHARMACIST)) as reader:
        page = await reader.submit(await reader.get(PAGE), PAGE, note=" ")
        assert page.status == 422


async def test_an_administrator_reads_it_and_approves_nothing(place):
    admin = await place.hat(ADMIN)
    async with signed_in(place, admin) as reader:
        page = await reader.get(PAGE)
        assert page.says("未批准")
        assert not page.says("批准这个版本")
    with pytest.raises(WrongRole):
        await place.do(admin, knowledge.approve, version="demo-2026.11", note="管理员批准")
    with pytest.raises(WrongRole):
        await place.ask(await place.hat(DOCTOR), knowledge.desk)


async def test_a_pharmacist_whose_licence_has_ended_answers_for_nothing(place):
    """PH-02."""
    hat = await place.appoint(PHARMACIST)
    await place.license(hat.person_id, PHARMACIST, valid_until=date(2029, 12, 31))
    with pytest.raises(MayNotPractise):
        await place.do(hat, knowledge.approve, version="demo-2026.11", note="逐项核对")


async def test_the_page_costs_few_statements(place):
    asked, seen = await statements(place.app, await place.hat(ADMIN), knowledge.desk)
    assert asked <= 12
    assert sum(seen.unsourced.values()) > 0
