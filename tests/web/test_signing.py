"""The page on which staff open and close their keys (电子签名)."""

from pathlib import Path

import pytest

from lianyi import main
from lianyi.kernel.config import Config
from lianyi.people.model import CLERK, DOCTOR
from tests.signatures import make
from tests.signatures.make import PIN
from tests.web.staff import counted, signed_in, token_of
from tests.web.test_bills import browsing


@pytest.fixture(scope="module")
def dsn(cluster, worker_id):
    """The worker takes whatever waits in a database, so it is tried on one of its own."""
    with cluster.clone(f"{worker_id}_signing") as url:
        yield url


@pytest.fixture
async def hall(place, tmp_path):
    async with make.hall(place, tmp_path) as hall:
        yield hall


async def test_a_key_is_opened_by_its_pin_and_closed_by_its_holder(hall, place):
    doctor = await place.appoint(DOCTOR)
    await hall.certify(doctor)
    async with signed_in(place, doctor) as browser:
        asked = await browser.submit(await browser.get("/signing"), "/signing/unlock", pin=PIN)
        assert asked.says("正在向认证机构解锁")
        await hall.work()
        page = await browser.get("/signing")
        assert page.says("已解锁")
        assert not page.says(PIN)
        assert (await browser.submit(page, "/signing/lock")).says("未解锁")


async def test_a_wrong_pin_is_said_in_words(hall, place):
    doctor = await place.appoint(DOCTOR)
    await hall.certify(doctor)
    async with signed_in(place, doctor) as browser:
        await browser.submit(await browser.get("/signing"), "/signing/unlock", pin="000000")
        await hall.work()
        assert (await browser.get("/signing")).says("签名密码不对")


async def test_what_is_no_pin_is_said_at_the_field(hall, place):
    doctor = await place.appoint(DOCTOR)
    await hall.certify(doctor)
    async with signed_in(place, doctor) as browser:
        said = await browser.submit(await browser.get("/signing"), "/signing/unlock", pin="27182x")
        assert said.status == 422
        assert said.says("签名密码是 6 位数字。")


async def test_who_has_no_certificate_asks_for_one(hall, place):
    doctor = await place.appoint(DOCTOR)
    async with signed_in(place, doctor) as browser:
        page, there = await browser.get("/signing"), "/signing/certificate"
        assert (await browser.submit(page, there, new=PIN, again="271829")).says("不一致")
        await browser.submit(page, there, new=PIN, again=PIN)
        await hall.work()
        assert (await browser.get("/signing")).says("未解锁")
    assert (await hall.unlock(doctor)).state == "open"


async def test_who_signs_nothing_has_no_such_page(place):
    async with signed_in(place, await place.hat(CLERK)) as browser:
        assert (await browser.get("/signing")).status == 403


async def test_the_page_needs_few_statements(dsn, hall, place, app):
    doctor = await hall.signer(DOCTOR)
    token = await token_of(place, doctor)
    config = Config(home=Path("/"), database_url=dsn, pool_size=1)
    async with (
        main.pool(config) as pool,
        counted(app, pool) as (small, sent),
        browsing(small, token) as browser,
    ):
        await browser.get("/signing")
        sent.clear()
        assert (await browser.get("/signing")).says("已解锁")
    assert len(sent) <= 12
