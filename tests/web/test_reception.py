"""The reception counter as a browser walks it."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from uuid import UUID

import pytest

from lianyi.access.model import Purpose
from lianyi.journeys import card, family, reception_desk
from lianyi.kernel.lifecycle import WrongRole
from lianyi.people import service as people
from lianyi.people.model import CLERK, DOCTOR
from tests.booking.make import Clinic
from tests.identity import id_number
from tests.journeys.outside import outside
from tests.place import Place
from tests.web.counting import statements
from tests.web.reader import by_phone, reading, wearing

NAME = "王秀英"
MOST = 12  # statements a page
_phones = count(13500000000)


@pytest.fixture
async def clerk(place):
    return await place.clerk()


@pytest.fixture
async def reader(app, place, clerk):
    async with reading(app) as reader:
        await wearing(reader, place, await place.appoint(CLERK, name="姚丽"))
        yield reader


@pytest.fixture
def number():
    return id_number()


async def seen(reader, number, **changed):
    values = {"name": NAME, "number": number, "compared": "1", **changed}
    return await reader.submit(await reader.get("/reception"), "/reception/document", **values)


async def opened(reader, number):
    return await reader.submit(await seen(reader, number), "/card", open_number=number)


async def test_a_document_read_at_the_counter_is_proof_level_two_and_opens_a_card(reader, number):
    """CON-10, IDN-10: without a phone."""
    page = await seen(reader, number)
    assert page.says(NAME, "实名二级", "未开卡")
    assert (await reader.submit(page, "/card", open_number=number)).says("健康卡正常")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"compared": ""}, "请核对证件原件"),
        ({"number": "370102196103054021"}, "证件号码不对"),
        ({"name": "王<b>"}, "姓名不对"),
    ],
)
async def test_a_document_that_does_not_hold_comes_back_with_the_reason(reader, changed, sentence):
    page = await seen(reader, **{"number": id_number(), **changed})
    assert (page.status, page.says(sentence)) == (422, True)
    assert page.form("/reception/document").fields["name"] == changed.get("name", NAME)


async def test_another_name_on_the_same_number_is_refused(reader, number):
    """IDN-04."""
    await seen(reader, number)
    assert (await seen(reader, number, name="王秀兰")).says("登记的姓名不同")


async def test_every_act_reads_the_document_anew(reader, number):
    page = await seen(reader, number)
    refused = await reader.submit(page, "/card", open_number=id_number())
    assert (refused.status, refused.says("再次核对证件原件")) == (422, True)


async def test_the_same_form_sent_twice_opens_one_card(reader, number):
    form = (await seen(reader, number)).form("/card")
    sent = {**form.fields, "open_number": number}
    for _ in range(2):
        assert (await reader.http.post(form.action, data=sent)).status_code == 303


async def test_a_card_scanned_opens_its_holder_and_only_once(app, place, clerk, reader):
    """IDN-03."""
    identity = people.resident_identity(name=NAME, number=id_number())
    granted = await place.do(clerk, card.open_at_counter, identity=identity)
    hat = await place.resident()
    code = await code_of(place, granted.person_id, hat)
    desk = await reader.get("/reception")
    assert (await reader.submit(desk, "/reception/scan", code=code)).says(NAME)
    again = await reader.submit(await reader.get("/reception"), "/reception/scan", code=code)
    assert (again.status, again.says("已经用过")) == (422, True)


async def test_who_shows_their_card_is_checked_in_at_the_counter(place, reader, clock):
    """CAP-12: at the window as well as by oneself; nobody is checked in for another day."""
    clinic = await Clinic.open(place)
    number = id_number()
    shown = await opened(reader, number)
    person_id = UUID(shown.url.rsplit("/", 1)[-1])
    hat = replace(await place.resident(), person_id=person_id, post_id=person_id)
    assert shown.says("今天在本院没有号")
    today = clock.now + timedelta(minutes=30)
    for starts_at in (today, today + timedelta(days=1)):
        session_id = await clinic.publish(starts_at=starts_at)
        await clinic.booked(session_id, hat, starts_at=starts_at)
    page = await reader.get(shown.url)
    assert page.words.count("已预约") == 1
    arrived = await reader.submit(page, "/check-in", urgent="1")
    assert arrived.says("候诊中")


async def test_a_full_session_takes_one_more_on_purpose_and_says_why(reader, place, clock):
    """CAP-10: overbooked only by staff, with a reason, and told apart."""
    clinic = await Clinic.open(place)
    today = clock.now + timedelta(minutes=30)
    session_id = await clinic.publish(starts_at=today, numbers_per_slot=1, slot_minutes=60)
    await clinic.booked(session_id, starts_at=today)
    page = await opened(reader, id_number())
    mute = await reader.submit(page, "/add", session=str(session_id), add_reason="加")
    assert (mute.status, mute.says("请写明加号的原因")) == (422, True)
    added = await reader.submit(page, "/add", session=str(session_id), add_reason="术后复查")
    assert added.says("已预约")
    twice = await reader.submit(added, "/add", session=str(session_id), add_reason="再加一个")
    assert (twice.status, twice.words.count("已预约")) == (422, 1)


async def test_a_code_older_than_a_minute_opens_nobody(place, clerk, reader, clock):
    """IDN-03: a photographed code is useless, and the clerk is told what to do."""
    identity = people.resident_identity(name=NAME, number=id_number())
    granted = await place.do(clerk, card.open_at_counter, identity=identity)
    code = await code_of(place, granted.person_id, await place.resident())
    clock.forward(seconds=61)
    late = await reader.submit(await reader.get("/reception"), "/reception/scan", code=code)
    assert (late.status, late.says("二维码已过期")) == (422, True)


async def test_ten_megabytes_of_text_are_turned_away_before_they_are_read(reader, place, number):
    page = await seen(reader, number)
    form = page.form("/card")
    many = {**form.fields, "open_number": "1" * 10 * 1024 * 1024}
    answer = await reader.http.post(form.action, data=many)
    assert answer.status_code == 413
    assert (await reader.get(page.url)).says("未开卡")


async def test_another_institutions_number_is_neither_checked_in_nor_added_here(reader, app, clock):
    elsewhere = await Place.found(app)
    clinic, today = await Clinic.open(elsewhere), clock.now + timedelta(minutes=30)
    session_id = await clinic.publish(starts_at=today)
    _, theirs = await clinic.booked(session_id, starts_at=today)
    page = await opened(reader, id_number())
    sent = page.form("/freeze").fields
    for act, named in (
        ("check-in", {"appointment": str(theirs)}),
        ("add", {"session": str(session_id), "add_reason": "术后复查"}),
    ):
        answer = await reader.http.post(f"{page.url}/{act}", data={**sent, **named})
        assert answer.status_code in {404, 422}, act
    rows = await app.pool.fetch(
        "SELECT state FROM booking.appointment WHERE session_id = $1", session_id
    )
    assert [row["state"] for row in rows] == ["confirmed"]


async def code_of(place, person_id, hat):
    holder = replace(hat, person_id=person_id, post_id=person_id)
    return await place.ask(holder, card.show_code)


@pytest.mark.parametrize("code", ["LY123", "http://elsewhere.test", "x" * 200])
async def test_what_is_no_card_is_said_at_the_scan_box(reader, code):
    page = await reader.submit(await reader.get("/reception"), "/reception/scan", code=code)
    assert (page.status, page.says("不是有效的健康卡")) == (422, True)


async def test_freezing_and_thawing_at_the_counter(reader, number):
    page = await opened(reader, number)
    frozen = await reader.submit(page, "/freeze", reason="手机丢失")
    assert frozen.says("已冻结")
    refused = await reader.submit(frozen, "/thaw", thaw_number=id_number())
    assert (refused.status, refused.says("已冻结")) == (422, True)
    assert (await reader.submit(frozen, "/thaw", thaw_number=number)).says("健康卡正常")


async def test_a_new_phone_is_admitted_over_the_counter(app, place, reader, number, tmp_path):
    phone = str(next(_phones))
    async with outside(app, tmp_path) as world, reading(app) as guest:
        await by_phone(guest, place, phone)
        page = await guest.get("/card/open")
        await guest.submit(page, "/card/open", name=NAME, number=number, agreed="1")
        await world.work()
        visitor = await seen(reader, number)
        assert visitor.says("新手机申请", f"{phone[:3]}****{phone[-4:]}")
        assert (await reader.submit(visitor, "/admit", admit_number=number)).says("健康卡正常")
        assert (await guest.get("/")).says("使用我的健康卡")


async def test_a_guardian_is_confirmed_with_papers_and_not_without(place, reader, number):
    child = id_number(birth=date(2024, 5, 2), order=13)
    page = await seen(reader, number)
    guardian_id = page.url.rpartition("/")[2]
    hat = await place.resident(number=number)
    assert str(hat.person_id) == guardian_id
    await place.do(hat, family.claim_child, name="王小明", number=child)
    page = await reader.get(f"/reception/people/{guardian_id}")
    papers = {"child_number": child, "child_document": "出生医学证明 O370000001"}
    without = await reader.submit(page, "/papers", **{**papers, "child_document": ""})
    assert (without.status, without.says("王小明", "待窗口核验")) == (422, True)
    other = await reader.submit(page, "/papers", **{**papers, "child_number": id_number()})
    assert other.status == 422
    confirmed = await reader.submit(page, "/papers", **papers)
    assert confirmed.says("王小明", "有效", "有效至")


async def test_a_death_needs_its_document_and_ends_the_card(reader, number):
    page = await opened(reader, number)
    certificate = {"death_number": number, "died_on": "2030-01-06", "death_document": "死亡证 1"}
    early = await reader.submit(page, "/death", **{**certificate, "died_on": "1900-01-01"})
    assert (early.status, early.says("死亡日期不对")) == (422, True)
    ended = await reader.submit(page, "/death", **certificate)
    assert ended.says("已登记死亡", "未开卡")


async def test_who_has_not_stepped_up_to_this_counter_is_not_there(place, reader, number):
    page = await seen(reader, number)
    elsewhere = await Place.found(place.app)
    async with reading(place.app) as other:
        await wearing(other, elsewhere, await elsewhere.appoint(CLERK))
        assert (await other.get(page.url)).status == 404
    unknown = await reader.get(f"/reception/people/{place.app.ids.new(place.app.clock())}")
    assert unknown.status == 404


async def test_only_the_counter_receives(place):
    with pytest.raises(WrongRole):
        await place.ask(await place.pharmacist(), reception_desk.counter)
    async with reading(place.app) as other:
        await wearing(other, place, await place.appoint(DOCTOR))
        page = await other.get("/reception")
        values = {"name": NAME, "number": id_number(), "compared": "1"}
        assert (await other.submit(page, "/reception/document", **values)).status == 403


async def test_a_visitor_costs_as_many_statements_for_many_relations_as_for_none(
    app, place, clerk, reader, number
):
    page = await seen(reader, number)
    hat = await place.resident(number=number)
    assert page.url.endswith(str(hat.person_id))

    def view(tx):
        return reception_desk.visitor(tx, person_id=hat.person_id)

    few, _ = await statements(app, clerk, view)
    for n in range(20):
        born = date(2024, 1, 1 + n)
        await place.do(
            hat, family.claim_child, name="王小明", number=id_number(birth=born, order=15)
        )
    many, seen_now = await statements(app, clerk, view)
    assert len(seen_now.children) == 20
    assert few == many <= MOST


async def test_the_counter_s_reading_is_in_the_visitor_s_own_log(place, reader, number):
    """EMR-05."""
    await seen(reader, number)
    hat = await place.resident(number=number)
    rows = await place.rows(
        "SELECT purpose FROM access.log WHERE person_ids @> ARRAY[$1::uuid] AND role = 'clerk'",
        hat.person_id,
    )
    assert (Purpose.RECEIVE,) in rows
