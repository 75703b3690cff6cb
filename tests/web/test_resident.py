"""The resident's phone as a browser walks it: what is shown and what is refused, in words."""

import asyncio
from datetime import date
from itertools import count

import pytest

from lianyi.access import service as access
from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Purpose, Share
from lianyi.journeys import card, family, permits_desk, resident_desk
from lianyi.kernel.actor import NOWHERE, Actor
from lianyi.people import service as people
from lianyi.people.model import DOCTOR, RESIDENT
from tests.identity import id_number
from tests.journeys.outside import outside
from tests.place import BY_PHONE
from tests.web.counting import statements
from tests.web.reader import by_phone, reading

NAME = "王秀英"
MOST = 12  # statements a page
_phones = count(13600000000)


@pytest.fixture
def phone():
    return str(next(_phones))


@pytest.fixture
async def reader(app):
    async with reading(app) as reader:
        yield reader


@pytest.fixture
async def clerk(place):
    return await place.clerk()


def document(number, name=NAME):
    return people.resident_identity(name=name, number=number)


@pytest.fixture
async def resident(place, clerk, reader, phone):
    """Return the hat of somebody seen at a counter, signed in with their phone."""
    granted = await place.do(
        clerk, card.open_at_counter, identity=document(id_number()), phone=phone
    )
    await by_phone(reader, place, phone)
    return hat_of(granted.person_id)


def hat_of(person_id):
    return Actor(person_id, person_id, NOWHERE, RESIDENT)


async def applied(reader, number, **changed):
    page = await reader.get("/card/open")
    values = {"name": NAME, "number": number, "agreed": "1", **changed}
    return await reader.submit(page, "/card/open", **values)


async def test_a_guest_opens_a_card_and_comes_in_with_the_same_phone(
    app, place, reader, phone, tmp_path
):
    """CAP-1."""
    number = id_number()
    async with outside(app, tmp_path) as world:
        await world.lives(NAME, number, phone)
        await by_phone(reader, place, phone)
        assert (await reader.get("/")).says("15 秒开通")
        assert (await applied(reader, number)).says("正在核验身份")
        await world.work()
        page = await reader.get("/")
        home = await reader.submit(page, "/card/come-in")
    assert home.says(NAME, "健康卡", "实名一级")


async def test_a_card_moves_once_however_often_the_old_phone_agrees(app, place, phone, tmp_path):
    """CAP-1: two presses are one act, and both lead to the door."""
    number, new = id_number(), str(next(_phones))
    async with outside(app, tmp_path) as world, reading(app) as old, reading(app) as young:
        for browser, own in ((old, phone), (young, new)):
            await world.lives(NAME, number, own)
            await by_phone(browser, place, own)
            await applied(browser, number)
            await world.work()
            if browser is old:
                fields = (await old.get("/")).form("/card/come-in").fields
                presses = [old.http.post("/card/come-in", data=fields) for _ in range(2)]
                answers = await asyncio.gather(*presses)
                assert [answer.headers["location"] for answer in answers] == ["/", "/"]
                assert await once(place, fields) == [(1,)]
        form = (await old.get("/card")).form("/card/claims/agree")
        presses = [old.http.post(form.action, data=form.fields) for _ in range(2)]
        answers = await asyncio.gather(*presses)
    assert [answer.headers.get("location") for answer in answers] == ["/sign-in", "/sign-in"]


async def once(place, fields):
    """Return how many acts were done under the key of a form."""
    return await place.rows("SELECT count(*) FROM kernel.once WHERE key = $1", fields["once"])


async def test_what_the_registry_denies_and_what_has_a_card_already_read_the_same(
    app, place, clerk, phone, tmp_path
):
    """IDN-01: a page never tells that a number has a card."""
    taken = id_number()
    await place.do(clerk, card.open_at_counter, identity=document(taken))
    said = []
    async with outside(app, tmp_path) as world:
        await world.lives(NAME, taken, phone)
        for number, own in ((taken, phone), (id_number(), str(next(_phones)))):
            async with reading(app) as reader:
                await by_phone(reader, place, own)
                await applied(reader, number)
                await world.work()
                said.append((await reader.get("/")).words)
    assert said[0] == said[1]
    assert "线上核验没有完成" in said[0]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"number": "370102196103054021"}, "证件号码不对"),
        ({"name": "王<b>"}, "姓名不对"),
        ({"agreed": ""}, "请先阅读并同意"),
        ({"notice": "2020-01"}, "已经更新"),
        ({"name": ""}, "请填写"),
    ],
)
async def test_a_wrong_application_comes_back_with_the_reason_and_what_was_typed(
    place, reader, phone, changed, sentence
):
    await by_phone(reader, place, phone)
    page = await applied(reader, **{"number": id_number(), **changed})
    assert (page.status, page.says(sentence)) == (422, True)
    assert page.form("/card/open").fields["name"] == changed.get("name", NAME)


async def test_the_notice_agreed_to_stays_in_the_sealed_history(place, reader, phone):
    """PRI-02, PRI-06."""
    account = await by_phone(reader, place, phone)
    await applied(reader, id_number())
    (why,) = await place.rows(
        "SELECT h.why FROM kernel.history h JOIN people.card c ON c.id = h.thing_id"
        " WHERE c.applicant_id = $1",
        account.id,
    )
    assert why[0].startswith(f"notice {card.NOTICE} sm3 ")


async def test_nobody_comes_in_before_the_card_is_open(place, reader, phone):
    await by_phone(reader, place, phone)
    page = await reader.get("/card/open")
    answer = await reader.http.post("/card/come-in", data=page.form("/card/open").fields)
    assert answer.status_code == 404


async def test_guests_are_led_to_the_card_from_every_page_of_a_resident(place, reader, phone):
    await by_phone(reader, place, phone)
    for path in ("/card", "/family", "/record", "/record/readings"):
        assert (await reader.get(path)).says("立即开卡"), path


async def test_a_frozen_card_shows_no_code_and_says_where_to_thaw_it(reader, resident):
    page = await reader.get("/card")
    assert "qr-code" in page.html
    frozen = await reader.submit(page, "/card/freeze", reason="lost")
    assert frozen.says("健康卡已冻结", "窗口解冻")
    assert "qr-code" not in frozen.html


async def test_freezing_needs_a_reason(reader, resident):
    page = await reader.submit(await reader.get("/card"), "/card/freeze", reason="")
    assert (page.status, "qr-code" in page.html) == (422, True)


async def test_the_same_form_sent_twice_freezes_once(reader, resident):
    form = (await reader.get("/card")).form("/card/freeze")
    sent = {**form.fields, "reason": "lost"}
    first = await reader.http.post(form.action, data=sent)
    again = await reader.http.post(form.action, data=sent)
    assert (first.status_code, again.status_code) == (303, 303)


async def test_a_card_page_says_where_it_was_used(place, clerk, reader, resident):
    code = await place.ask(resident, card.show_code)
    await place.do(clerk, card.scan_card, code=code)
    assert (await reader.get("/card")).says("青山一院", "已识别")


async def test_level_one_reads_no_record_and_learns_how_to(app, place, reader, phone, tmp_path):
    """CON-10."""
    number = id_number()
    async with outside(app, tmp_path) as world:
        await world.lives(NAME, number, phone)
        await by_phone(reader, place, phone)
        await applied(reader, number)
        await world.work()
        await by_phone(reader, place, phone)
    for path in ("/record", "/record/readings"):
        assert (await reader.get(path)).says("到窗口核验一次身份"), path
    assert (await reader.get("/me")).says("怎样升到二级")


async def test_level_two_answers_what_was_asked_and_takes_it_back(place, reader, resident):
    """PRI-04: as easy as giving."""
    await asked_for(place, resident.person_id)
    page = await reader.get("/record")
    given = await reader.submit(page, "/record/consents/agree")
    assert given.says("已同意", "诊疗")
    withdrawn = await reader.submit(given, "/record/consents/withdraw")
    assert withdrawn.says("已撤回")


async def test_a_consent_of_somebody_else_is_not_there(place, app, reader, resident):
    other = await place.patient(DOCTOR)
    consent_id = await asked_for(place, other.person_id)
    await asked_for(place, resident.person_id)
    page = await reader.get("/record")
    answer = await reader.submit(page, "/record/consents/agree", consent=str(consent_id))
    assert answer.status == 404


async def asked_for(place, person_id):
    doctor = await place.doctor()
    await place.relate(person_id, DOCTOR)
    elsewhere = await type(place).found(place.app)
    share = Share(
        holder_id=elsewhere.id,
        receiver_id=place.id,
        purpose=Purpose.TREAT,
        expires_at=place.app.clock().replace(year=2031),
    )

    async def ask(tx):
        chart = await access.open_chart(tx, person_id=person_id, purpose=Purpose.TREAT)
        return await access.ask_consent(tx, chart, share=share)

    return await place.do(doctor, ask)


async def test_everybody_who_looked_is_named_also_who_was_refused(place, clerk, reader, resident):
    """EMR-05, CAP-38."""
    stranger = await place.doctor()
    with pytest.raises(NoSuchPerson):
        await place.open(stranger, resident.person_id, Purpose.TREAT)
    page = await reader.get("/record/readings")
    assert page.says("张建国", "医师", "青山一院", "诊疗", "已拒绝")


async def test_a_long_list_of_readings_goes_on_by_its_cursor(place, clerk, reader, resident):
    doctor = await place.doctor()
    await place.relate(resident.person_id, DOCTOR)
    for _ in range(permits_desk.ROWS + 1):
        await place.open(doctor, resident.person_id, Purpose.TREAT)
    page = await reader.get("/record/readings")
    older = await reader.get(page.link("更早的记录"))
    assert older.html.count('<span class="tiny muted nowrap">') <= 2
    forged = await reader.get("/record/readings?cursor=AAAA")
    assert forged.says("更早的记录")


async def test_a_child_is_claimed_and_the_counter_is_named(reader, resident):
    page = await reader.get("/family/child")
    number = id_number(order=7, birth=date(2024, 5, 1))
    done = await reader.submit(page, "/family/child", name="王小明", number=number)
    assert done.says("王小明", "待窗口核验", "出生医学证明")


@pytest.mark.parametrize(("action", "sentence"), [("child", "已满 18 周岁"), ("invite", "未满")])
async def test_a_relative_of_the_wrong_age_is_refused_at_the_field(
    reader, resident, action, sentence
):

    born = date(1990, 1, 2) if action == "child" else date(2024, 1, 2)
    page = await reader.get(f"/family/{action}")
    values = {"name": "王小明", "number": id_number(birth=born, order=9), "scopes": "book"}
    refused = await reader.submit(page, f"/family/{action}", **values)
    assert (refused.status, refused.says(sentence)) == (422, True)
    assert refused.form(f"/family/{action}").fields["name"] == "王小明"


async def test_an_adult_agrees_to_less_and_is_switched_to_and_back(
    app, place, clerk, reader, resident
):
    """IDN-06."""
    own, number = str(next(_phones)), id_number()
    await place.do(clerk, card.open_at_counter, identity=document(number, "李建国"), phone=own)
    invite = await reader.get("/family/invite")
    await reader.submit(invite, "/family/invite", name="李建国", number=number, scopes="book")
    async with reading(app) as other:
        await by_phone(other, place, own)
        asked = await other.get("/family")
        assert asked.says(f"{NAME} 请求为您代办")
        agreed = await other.submit(asked, "/family/accept", scopes="book")
        assert agreed.says("谁能为我办理")
        switched = await reader.submit(await reader.get("/"), "/act-for")
        assert switched.says("李建国", "正在代办")
        assert (await reader.get("/record")).says("没有授权您查看")
        ended = await other.submit(await other.get("/family"), "/family/end", reason="no_need")
        assert not ended.says("谁能为我办理")
    lost = await reader.get("/card")
    assert lost.says("对方已结束授权")
    back = await reader.submit(lost, "/act-for")
    assert back.says(NAME)


async def test_a_relation_of_others_is_not_there(place, reader, resident):
    other = await place.resident()
    kin_id = await place.do(
        other, family.invite, name="赵明月", number=id_number(), scopes=BY_PHONE
    )
    page = await reader.get("/family/child")
    fields = page.form("/family/child").fields
    for verb in ("accept", "decline", "end"):
        sent = {**fields, "kin": str(kin_id), "scopes": "book"}
        answer = await reader.http.post(f"/family/{verb}", data=sent)
        assert answer.status_code == 404, verb


VIEWS = {
    "home": resident_desk.home,
    "card": resident_desk.card,
    "family": resident_desk.family,
    "consents": permits_desk.consents,
    "readings": permits_desk.readings,
    "me": resident_desk.me,
}


@pytest.mark.parametrize("name", VIEWS)
async def test_a_page_costs_as_many_statements_for_many_rows_as_for_one(
    app, place, clerk, resident, name
):
    few, _ = await statements(app, resident, VIEWS[name])
    for n in range(5):
        await asked_for(place, resident.person_id)
        born = date(2020, 1, 1 + n)
        await place.do(
            resident, family.claim_child, name="王小明", number=id_number(birth=born, order=11)
        )
    for _ in range(40):
        await place.open(await place.doctor(), resident.person_id, Purpose.TREAT)
    many, _ = await statements(app, resident, VIEWS[name])
    assert few <= MOST
    assert many == few
