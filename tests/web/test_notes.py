"""A note with its signatures, to its person and to who treats them (EMR-04, EMR-06, EMR-12)."""

from pathlib import Path

import asyncpg
import pytest

from lianyi import main
from lianyi.kernel.config import Config
from lianyi.people.model import DOCTOR
from tests.journeys.test_notes import TAMPER, amend, opened
from tests.journeys.test_visit import open_ward
from tests.place import Place
from tests.signatures import make
from tests.web.resident import browsing
from tests.web.resident import opened as session
from tests.web.staff import counted, signed_in


@pytest.fixture(scope="module")
def dsn(cluster, worker_id):
    """The worker takes whatever waits in a database, so it is tried on one of its own."""
    with cluster.clone(f"{worker_id}_web_notes") as url:
        yield url


@pytest.fixture
async def ward(place, clock, tmp_path):
    ward = await open_ward(place, clock)
    async with make.hall(place, tmp_path) as hall:
        await opened(hall, ward)
        await ward.sign()
        await amend(ward)
        await hall.work()
        yield ward


@pytest.fixture
async def patient(ward):
    async with browsing(ward.app, await session(ward.place, ward.patient)) as browser:
        yield browser


def address(ward):
    return f"/clinic/persons/{ward.patient.person_id}/notes/{ward.appointment_id}"


async def test_the_person_reads_every_version_and_who_signed_it(ward, patient):
    """EMR-12: the person may read all of it; EMR-04: the first version too."""
    assert (await patient.get("/record/notes")).says("青山市第一人民医院")
    page = await patient.get(f"/record/notes/{ward.appointment_id}")
    assert page.says("第 2 版", "BP 142/88", "第 1 版", "BP 152/94", "电子签名有效")
    assert not page.says("未做电子签名")


async def test_who_treats_them_reads_it_and_nobody_else(ward, app):
    async with signed_in(ward.place, ward.doctor) as browser:
        assert (await browser.get(address(ward))).says("第 1 版", "头晕 3 天", "电子签名有效")
    elsewhere = await Place.found(app)
    async with signed_in(elsewhere, await elsewhere.hat(DOCTOR)) as browser:
        page = await browser.get(address(ward))
        assert page.status == 404
        assert not page.says("头晕 3 天")


async def test_a_changed_note_says_so_where_it_is_read(ward, patient, dsn):
    """EMR-06"""
    owner = await asyncpg.connect(dsn)
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(TAMPER.format("resource"), str(ward.appointment_id))
    await owner.close()
    page = await patient.get(f"/record/notes/{ward.appointment_id}")
    assert page.says("电子签名验证失败", "文书与签名时不一致")


@pytest.mark.parametrize("path", ["/record/notes", "/record/notes/{}"])
async def test_the_pages_need_few_statements(ward, app, dsn, path):
    token = await session(ward.place, ward.patient)
    config = Config(home=Path("/"), database_url=dsn, pool_size=1)
    async with (
        main.pool(config) as pool,
        counted(app, pool) as (small, sent),
        browsing(small, token) as browser,
    ):
        await browser.get(path.format(ward.appointment_id))
        sent.clear()
        assert (await browser.get(path.format(ward.appointment_id))).status == 200
    assert len(sent) <= 12
