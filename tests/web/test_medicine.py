"""What a resident sees of their prescriptions (CAP-50)."""

from itertools import count

import pytest

from lianyi.access.errors import NoSuchPerson
from lianyi.journeys import card, medicine_desk
from lianyi.kernel.actor import NOWHERE, Actor
from lianyi.people import service as people
from lianyi.people.model import DOCTOR, PHARMACIST, RESIDENT
from lianyi.prescribing import service
from lianyi.prescribing.errors import NoSuchPrescription
from tests.identity import id_number
from tests.place import BY_PHONE
from tests.prescribing.make import Practice, line, sheet
from tests.web.counting import statements
from tests.web.reader import by_phone, reading

MOST = 12  # statements a page
_phones = count(13755550001)


@pytest.fixture
async def practice(place):
    practice = await Practice.open(place)
    practice.phone = str(next(_phones))
    identity = people.resident_identity(name="王秀英", number=id_number())
    granted = await place.do(
        await place.clerk(), card.open_at_counter, identity=identity, phone=practice.phone
    )
    await place.relate(granted.person_id, DOCTOR, PHARMACIST)
    practice.patient = Actor(granted.person_id, granted.person_id, NOWHERE, RESIDENT)
    return practice


async def look(practice, prescription):
    return await practice.place.ask(
        practice.patient, medicine_desk.sheet, prescription_id=prescription.id
    )


async def test_each_state_has_its_place_on_the_way(practice):
    signed = await practice.signed()
    assert (await look(practice, signed)).sheet.reached == 1
    review = await practice.approve(signed)
    assert (await look(practice, signed)).sheet.reached == 1
    await practice.agree(review)
    seen = await look(practice, signed)
    assert (seen.sheet.reached, seen.sheet.in_force) == (2, True)
    assert seen.pharmacist.id == practice.pharmacist.post_id
    store = await practice.store()
    await practice.accept(store, signed)
    assert (await look(practice, signed)).sheet.reached == 3
    await practice.do(store, service.dispense, prescription_id=signed.id, whole=True)
    assert (await look(practice, signed)).sheet.reached == 4


async def test_what_is_not_in_force_has_no_code(practice):
    """RX-28"""
    signed = await practice.signed()
    assert (await look(practice, signed)).code == ""
    await practice.agree(await practice.approve(signed))
    assert (await look(practice, signed)).code != ""


async def test_what_its_doctor_is_changing_is_not_read_as_something_to_take(practice):
    signed = await practice.signed()
    await practice.send_back(signed)
    assert not (await look(practice, signed)).sheet.is_readable
    await practice.mend(signed, sheet(line(days=5)))
    assert (await look(practice, signed)).sheet.is_readable


async def test_a_prescription_ends_with_its_day(practice, clock):
    """RX-01"""
    signed = await practice.signed()
    await practice.agree(await practice.approve(signed))
    clock.forward(hours=12)
    seen = await look(practice, signed)
    assert (seen.sheet.over, seen.sheet.reached) == (True, None)
    assert str(seen.sheet.last_day) == "2030-01-07"


async def test_a_draft_is_the_doctors_alone(practice):
    drafted = await practice.drafted()
    with pytest.raises(NoSuchPrescription):
        await look(practice, drafted)


async def test_somebody_elses_prescription_is_not_found(practice):
    signed = await practice.signed()
    practice.patient = await practice.place.patient(DOCTOR)
    with pytest.raises(NoSuchPrescription):
        await look(practice, signed)


async def test_a_proof_that_does_not_reach_so_far_locks_the_page(practice):
    """CON-10"""
    signed = await practice.signed()
    other = await practice.place.resident(scopes=BY_PHONE)
    seen = await practice.place.ask(other, medicine_desk.sheets)
    assert (seen.locked, seen.sheets) == (True, ())
    seen = await practice.place.ask(other, medicine_desk.sheet, prescription_id=signed.id)
    assert (seen.locked, seen.sheet) == (True, None)


async def test_a_list_goes_on_where_it_ended(practice):
    for _ in range(medicine_desk.ROWS + 2):
        await practice.signed()
    first = await practice.place.ask(practice.patient, medicine_desk.sheets)
    rest = await practice.place.ask(practice.patient, medicine_desk.sheets, cursor=first.older)
    seen = [one.prescription.id for page in (first, rest) for one in page.sheets]
    assert len(seen) == len(set(seen)) == medicine_desk.ROWS + 2
    assert rest.older == ""


async def test_the_pages_ask_the_same_for_one_and_for_many(practice, app):
    signed = await practice.signed()
    await practice.agree(await practice.approve(signed))
    one, _ = await statements(app, practice.patient, medicine_desk.sheets)
    for _ in range(3):
        await practice.signed()
    many, seen = await statements(app, practice.patient, medicine_desk.sheets)
    assert len(seen.sheets) == 4
    assert one == many <= MOST
    alone, _ = await statements(
        app, practice.patient, lambda tx: medicine_desk.sheet(tx, prescription_id=signed.id)
    )
    assert alone <= MOST


@pytest.fixture
async def reader(app, practice):
    async with reading(app) as reader:
        await by_phone(reader, practice.place, practice.phone)
        yield reader


async def test_a_resident_reads_how_to_take_each_drug(practice, reader):
    page = await reader.get("/prescriptions")
    assert page.says("还没有处方")
    signed = await practice.signed()
    page = await reader.get("/prescriptions")
    assert page.says("高血压", "待药师审核", "氨氯地平")
    page = await reader.get(f"/prescriptions/{signed.id}")
    assert page.says("药师正在审核", "口服", "每次 1 片", "（5mg）", "共 7 天", "处方还没有生效")
    assert not page.says("验真二维码")
    await practice.agree(await practice.approve(signed))
    page = await reader.get(f"/prescriptions/{signed.id}")
    assert page.says("处方已生效", "验真二维码", "2030-01-07")
    code = (await look(practice, signed)).code
    assert page.html.count("qr-code") == 1
    assert (await reader.get(f"/verify/{code}")).status == 200


async def test_a_returned_prescription_tells_the_person_not_to_worry(practice, reader):
    signed = await practice.signed()
    await practice.send_back(signed)
    page = await reader.get(f"/prescriptions/{signed.id}")
    assert page.says("药师请医生核对这张处方", "现在不用您做什么")
    assert not page.says("怎么用药")
    assert (await reader.get("/prescriptions")).says("医生正在修改")


async def test_who_acts_for_somebody_sees_theirs_by_the_same_door(practice, app):
    """IDN-06"""
    signed = await practice.signed()
    stranger = await practice.place.resident()
    hat = Actor(
        stranger.person_id,
        stranger.post_id,
        stranger.institution_id,
        stranger.role,
        practice.patient.person_id,
    )
    with pytest.raises(NoSuchPerson):
        await practice.place.ask(hat, medicine_desk.sheet, prescription_id=signed.id)
