"""Who of an institution has opened a person's data, as its administrator is told at the counter."""

import pytest

from lianyi.access import queries as readers
from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Purpose
from lianyi.people.model import CLERK, DOCTOR
from tests.identity import id_number
from tests.place import Place
from tests.web.staff import account_of, signed_in

PAGE = "/admin/looks"
NAME = "司马青"
NOBODY = "没有查到"


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
