"""Who of an institution has opened a person's data, as its administrator is told at the counter."""

import re

import pytest

from lianyi.access import queries as readers
from lianyi.access import service as access
from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Purpose
from lianyi.journeys import overseen_desk
from lianyi.people.model import ADMIN, CLERK, DOCTOR, NURSE
from tests.identity import id_number
from tests.place import Place
from tests.web.staff import account_of, signed_in

PAGE = "/admin/looks"
NAME = "司马青"
NOBODY = "没有查到"
MORE = re.compile(rf'href="({PAGE}\?cursor=[^"]+)"')


@pytest.fixture
def number():
    return id_number()


@pytest.fixture
async def patient(place, number):
    return await place.patient(DOCTOR, name=NAME, number=number)


async def asked(reader, number, name=NAME, **given):
    page = await reader.get(PAGE)
    return await reader.submit(page, PAGE, name=name, number=number, **given)


async def test_who_has_looked_is_told_and_the_person_hears_of_that(place, patient, number, clock):
    """PRI-26, EMR-05: also refused tries, and never what was opened elsewhere."""
    await place.open(await place.doctor(), patient.person_id, Purpose.TREAT)
    with pytest.raises(NoSuchPerson):
        await place.open(await place.hat(CLERK), patient.person_id, Purpose.RECEIVE)
    away = await Place.found(place.app)
    await away.relate(patient.person_id, DOCTOR)
    await away.open(await away.appoint(DOCTOR, name="外院人"), patient.person_id, Purpose.TREAT)
    _, account = await account_of(place, await place.admin())
    async with signed_in(place, await place.admin(), account) as admin:
        page = await asked(admin, number)
        assert page.says("2 次", "张建国", "已查看", "已拒绝")
        assert not page.says("外院人")
    clock.forward(days=31)
    async with signed_in(place, await place.admin(), account) as admin:
        assert (await asked(admin, number)).says(NOBODY)
        longer = await asked(admin, number, days="90")
        assert longer.says("4 次", "访问记录", "机构内部监督")  # both looks of the office
    chart = await place.open(patient, patient.person_id, Purpose.OWN)
    told = await place.ask(patient, lambda tx: readers.readings(tx, chart, what="audit"))
    assert [(one.reader_id, one.purpose) for one in told] == [
        ((await place.admin()).person_id, Purpose.MANAGE)
    ] * 3


async def test_a_wrong_name_an_unknown_number_and_nobody_are_one_answer(place, patient, number):
    """INT-07"""
    unknown = id_number()
    async with signed_in(place, await place.admin()) as admin:
        pages = [
            await asked(admin, number),
            await asked(admin, number, name="司马红"),
            await asked(admin, unknown),
        ]
        for page in pages:
            assert (page.status, page.says(NOBODY)) == (200, True)
        wrong = await asked(admin, "123")
        assert (wrong.status, wrong.says("请填写 18 位身份证号码。")) == (422, True)
    chart = await place.open(patient, patient.person_id, Purpose.OWN)
    told = await place.ask(patient, lambda tx: readers.readings(tx, chart, what="audit"))
    assert len(told) == 1  # of the one that was asked for by name and number


async def looks(place, hat, person_id, times):
    """Open one person's chart so many times."""

    async def verb(tx):
        for _ in range(times):
            await access.open_chart(tx, person_id=person_id, purpose=Purpose.TREAT)

    await place.do(hat, verb)


async def test_who_looked_on_one_day_stands_together_and_older_days_on_further_pages(
    place, patient, number, clock
):
    """PRI-26, EMR-05: a day is counted whole; the person hears of each page."""
    most = overseen_desk.ROWS
    await place.relate(patient.person_id, DOCTOR, NURSE, days=90)
    nurse, colleague = await place.hat(NURSE), await place.appoint(DOCTOR, name="李明华")
    await looks(place, await place.doctor(), patient.person_id, most - 50)
    await looks(place, colleague, patient.person_id, 3)
    clock.forward(days=1)
    await looks(place, nurse, patient.person_id, 60)
    _, account = await account_of(place, await place.admin())
    async with signed_in(place, await place.admin(), account) as admin:
        first = await asked(admin, number)
        assert first.says("60 次", "护士")
        assert not first.says("李明华")
        (more,) = MORE.findall(first.html)
        assert number not in more
        second = await admin.get(more)
        assert second.says(NAME, f"{most - 47} 次", f"{most - 50} 次", "李明华", "3 次")
        assert MORE.findall(second.html) == []
    chart = await place.open(patient, patient.person_id, Purpose.OWN)
    told = await place.ask(patient, lambda tx: readers.readings(tx, chart, what="audit"))
    assert len(told) == 2


async def test_a_day_that_fills_more_than_a_page_goes_on(place, patient, number):
    """PRI-26"""
    most = overseen_desk.ROWS
    await looks(place, await place.doctor(), patient.person_id, most + 7)
    async with signed_in(place, await place.admin()) as admin:
        first = await asked(admin, number)
        assert first.says(f"{most} 次", "的访问在下一页继续")
        (more,) = MORE.findall(first.html)
        second = await admin.get(more)
        assert second.says("7 次")
        assert not second.says("在下一页继续")


async def test_nobody_else_goes_on_from_where_a_list_stopped(place, patient, number):
    """PRI-26: a place is its reader's own."""
    await looks(place, await place.doctor(), patient.person_id, overseen_desk.ROWS + 1)
    async with signed_in(place, await place.admin()) as admin:
        (more,) = MORE.findall((await asked(admin, number)).html)
    async with signed_in(place, await place.appoint(ADMIN)) as other:
        page = await other.get(more)
        assert (page.status, page.says(NAME)) == (200, False)
    async with signed_in(place, await place.doctor()) as doctor:
        assert (await doctor.get(more)).status == 403


async def test_only_an_administrator_is_told(place, patient, number):
    """PRI-26"""
    async with signed_in(place, await place.admin()) as admin:
        page = await admin.get(PAGE)
        form = page.form(PAGE)
    for hat in (await place.doctor(), await place.hat(CLERK)):
        async with signed_in(place, hat) as reader:
            assert (await reader.get(PAGE)).status == 403
            sent = await reader.http.post(PAGE, data={**form.fields, "name": NAME})
            assert sent.status_code == 403
