"""The administrators' pages as a browser sees them."""

from datetime import timedelta
from pathlib import Path

import pytest

from lianyi import main
from lianyi.accounts import service as accounts
from lianyi.journeys import demo
from lianyi.kernel import errand, ids, outbox
from lianyi.kernel.actor import NOWHERE, system
from lianyi.kernel.config import Config
from lianyi.kernel.errand import Answer, Outcome
from lianyi.kernel.outbox import Waiting
from lianyi.kernel.work import within
from lianyi.people.model import ADMIN, CLERK, DOCTOR, OPERATOR, Kind
from tests.identity import id_number
from tests.place import Place
from tests.web.staff import account_of, counted, signed_in

STAFF = "/admin/staff"
HEALTH = "/admin/health"
MOST = 12  # statements of a page


@pytest.fixture
async def admin(place):
    hat = await place.admin()
    async with signed_in(place, hat) as reader:
        yield reader


async def park(place):
    """Park a line of this institution after its last try and return the event that holds it."""
    app = place.app
    owner = app.ids.new(app.clock())
    await app.pool.execute(
        "INSERT INTO kernel.outbox (name, body, owner, lane, at)"
        " VALUES ('test.parked', $1, $2, $3, $4)",
        f'{{"institution_id": "{place.id}"}}',
        owner,
        ids.lane(owner),
        app.clock(),
    )
    row = await app.pool.fetchrow(
        "SELECT seq, name, body, owner FROM kernel.outbox WHERE owner = $1", owner
    )
    waiting = Waiting(**row)
    for _ in range(outbox.TRIES):
        await within(
            app,
            system("worker", NOWHERE),
            lambda tx: outbox.park(tx.db, waiting, tx.now, "KeyError"),
        )
    return waiting


async def test_staff_are_shown_by_department_with_what_the_law_says_of_them(place, admin):
    await place.appoint(DOCTOR, name="李卫民")
    young = await place.appoint(DOCTOR, person_id=await place.person("赵新"))
    page = await admin.get(STAFF)
    assert page.says("内科", "李卫民", "主治医师", "2015-07-01", "符合")
    seen = await admin.get(f"{STAFF}/{young.post_id}")
    assert seen.says("没有执业注册信息。", "依据 LIC-13")


async def test_a_licence_that_ends_soon_is_told_before_lic_02(place, admin, clock):
    nurse = await place.appoint(DOCTOR, name="钱小雨")
    today = clock().date()
    await place.license(nurse.person_id, DOCTOR, valid_until=today + timedelta(days=25))
    page = await admin.get(f"{STAFF}?care=1")
    assert page.says("钱小雨", "临近到期 剩 25 天")


async def test_an_existing_person_is_appointed_with_the_card_on_the_table(place, admin):
    number = id_number()
    person_id = await place.person("周敏", number=number)
    page = await admin.get(f"{STAFF}/new")
    other = "0" if number[-1] != "0" else "1"
    wrong = await admin.submit(page, "/new", name="周敏", number=number[:-1] + other, role=CLERK)
    assert (wrong.status, wrong.says("证件号码不对")) == (422, True)
    done = await admin.submit(page, "/new", name="周敏", number=number, role=CLERK)
    assert done.says("周敏", "窗口人员")
    held = await place.rows("SELECT role FROM people.post WHERE person_id = $1", person_id)
    assert (CLERK,) in held


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"role": DOCTOR, "grade": "middle"}, "医师要有科室"),
        ({"role": "nurse"}, "请选择职称级别"),
        ({"number": "123"}, "请填写 18 位身份证号码"),
        ({"name": "李"}, "请填写 2 至 40 个字"),
    ],
)
async def test_what_is_missing_is_said_and_what_was_typed_stays(admin, typed, said):
    given = {"name": "周敏", "number": id_number(), "role": CLERK, **typed}
    page = await admin.submit(await admin.get(f"{STAFF}/new"), "/new", **given)
    assert (page.status, page.says(said)) == (422, True)
    assert page.form("/new").fields["name"] == given["name"]


async def test_an_administrator_gives_no_power_beyond_the_institution(admin):
    given = {"name": "周敏", "number": id_number(), "role": OPERATOR}
    page = await admin.submit(await admin.get(f"{STAFF}/new"), "/new", **given)
    assert (page.status, page.says("您的岗位不能进行此操作")) == (403, True)


async def test_a_licence_and_a_filing_are_recorded_at_their_fields(app, place, admin):
    elsewhere = await Place.found(app)
    stranger = await elsewhere.doctor()
    guest = await place.appoint(DOCTOR, person_id=stranger.person_id)
    path = f"{STAFF}/{guest.post_id}"
    page = await admin.get(f"{path}/filing")
    assert page.says("主要执业机构不是本机构，且没有有效的多机构备案。")
    bad = await admin.submit(page, "/filing", number="BA20300107", filed_on="某天")
    assert (bad.status, bad.says("请填写日期")) == (422, True)
    done = await admin.submit(
        page, "/filing", number="BA20300107", filed_on="2030-01-05", main_agreed_on="2030-01-05"
    )
    assert done.says("BA20300107", "未发现妨碍执业的问题")
    moved = await admin.submit(
        await admin.get(f"{path}/licence"), "/licence", main=str(place.id), number="371234567890"
    )
    assert moved.says("371234567890", "青山一院")


async def test_a_main_institution_out_of_reach_is_refused_at_its_field_lic_14(app, place, admin):
    doctor, other = await place.doctor(), await Place.found(app)
    page = await admin.get(f"{STAFF}/{doctor.post_id}/licence")
    bad = await admin.submit(page, "/licence", main=str(other.id))
    assert (bad.status, bad.says("没有找到该机构")) == (422, True)


async def test_an_ended_post_needs_a_reason_and_signs_its_holder_out(place, admin):
    doctor = await place.doctor()
    async with signed_in(place, doctor) as there:
        page = await admin.get(f"{STAFF}/{doctor.post_id}")
        assert (await admin.submit(page, "/end", reason="")).status == 422
        done = await admin.submit(page, "/end", reason="调离本院")
        assert done.url.endswith(STAFF)
        assert (await there.get("/account")).form("/sign-in")
    assert (await admin.get(f"{STAFF}/{doctor.post_id}")).status == 404


async def test_the_post_of_another_institution_is_not_found(app, place, admin):
    elsewhere = await Place.found(app)
    doctor, mine = await elsewhere.doctor(), await place.doctor()
    path = f"{STAFF}/{doctor.post_id}"
    assert (await admin.get(path)).status == 404
    page = await admin.get(f"{STAFF}/{mine.post_id}/filing")
    key = page.form("/filing").fields
    for act, given in {
        "filing": {"number": "BA1234567", "filed_on": "2030-01-01"},
        "licence": {
            "register": "doctor",
            "number": "371234567890",
            "main": str(place.id),
            "practising_since": "2015-01-01",
        },
        "end": {"reason": "not ours"},
    }.items():
        once = {**key, "once": f"once-{act}-12345"}
        answer = await admin.http.post(f"{path}/{act}", data={**once, **given})
        assert answer.status_code == 404, act


@pytest.mark.parametrize("path", [STAFF, f"{STAFF}/new", "/admin/departments", HEALTH])
async def test_nobody_else_of_the_staff_has_this_desk(place, path):
    async with signed_in(place, await place.doctor()) as doctor:
        page = await doctor.get(path)
    assert (page.status, page.says("您的岗位不能进行此操作")) == (403, True)


async def test_departments_show_what_is_online_and_who_stands_behind_con_23(app, place):
    online = await Place.found(app, Kind.INTERNET_INDEPENDENT, parent=place, online=True)
    async with signed_in(online, await online.admin()) as reader:
        page = await reader.get("/admin/departments")
    assert page.says("已开通", "依托机构", "互联网医院（独立设置）", "三级医院")


async def test_a_stuck_line_is_seen_sent_again_and_skipped_with_a_reason(place, admin):
    line = await park(place)
    page = await admin.get(HEALTH)
    assert page.says("test.parked", f"#{line.seq}", "已停止重试", "KeyError", str(line.owner))
    again = await admin.submit(page, f"{line.seq}/resend")
    assert again.says("马上重试")
    bad = await admin.submit(again, f"{line.seq}/skip", reason="x")
    assert (bad.status, bad.says("请填写 4 至 200 个字")) == (422, True)
    done = await admin.submit(again, f"{line.seq}/skip", reason="通知已由电话补发")
    assert done.says("没有停住的事件", "通知已由电话补发")
    assert str(line.owner) not in done.words


async def test_only_the_operator_sees_the_lines_of_others(app, place, admin):
    elsewhere = await Place.found(app)
    line = await park(elsewhere)
    assert str(line.owner) not in (await admin.get(HEALTH)).words
    operator = await elsewhere.appoint(OPERATOR)
    async with signed_in(elsewhere, operator) as reader:
        assert (await reader.get(HEALTH)).says("全平台", str(line.owner))
    path = f"{HEALTH}/{line.owner}/{line.seq}"
    key = (await admin.get("/account")).form("/account/sign-out-everywhere").fields
    for act in ("resend", "skip"):
        given = {**key, "once": f"once-{act}-12345", "reason": "not ours"}
        assert (await admin.http.post(f"{path}/{act}", data=given)).status_code == 404


async def test_errands_in_trouble_are_counted_by_kind(app, place, admin, clock):
    hat = await place.admin()
    id = await within(app, hat, lambda tx: errand.plan(tx, "test.call", thing_id=place.id))
    while await within(app, system("worker", NOWHERE), errand.claim):
        pass
    clock.forward(minutes=5)
    assert (await admin.get(HEALTH)).says("test.call", "未知")
    await within(app, hat, lambda tx: errand.settle(tx, id, Answer(Outcome.NO)))
    assert (await admin.get(HEALTH)).says("test.call", "未成功")


@pytest.mark.parametrize(
    "path",
    [STAFF, f"{STAFF}?care=1", "/admin/departments", HEALTH, "/account", "/admin/compliance"],
)
async def test_a_page_asks_at_most_twelve_times_however_long_it_is(app, place, dsn, path):
    hat = await place.admin()
    _, account = await account_of(place, hat)
    asked = []
    for more in (1, 200):
        await fill(place, more)
        config = Config(home=Path("/"), database_url=dsn, pool_size=1)
        async with main.pool(config) as pool, counted(app, pool) as (small, sent):
            place.app = small
            async with signed_in(place, hat, account) as reader:
                await reader.get(path)
                sent.clear()
                assert (await reader.get(path)).status == 200
            place.app = app
            asked.append(len(sent))
    assert asked[0] == asked[1] <= MOST


async def fill(place, count):
    """Add posts and parked lines, in bulk."""
    person_id = await place.person()
    await place.app.pool.execute(
        "INSERT INTO people.post (id, person_id, institution_id, role, grade, since)"
        " SELECT gen_random_uuid(), $1, $2, 'clerk', 'none', $3 FROM generate_series(1, $4)",
        person_id,
        place.id,
        place.app.clock(),
        count,
    )
    for _ in range(min(count, 3)):
        await park(place)


async def test_a_password_changes_and_other_browsers_are_out_sec_02(place, clock):
    hat = await place.appoint(ADMIN)
    login, account = await account_of(place, hat)
    async with signed_in(place, hat, account) as mine, signed_in(place, hat, account) as other:
        page = await mine.get("/account")
        typed = {"old": demo.PASSWORD, "new": "Another-horse-8", "again": "Another-horse-8"}
        code = demo.code(login, clock())
        for wrong, said in (
            ({"old": "not mine"}, "用户名、密码或动态验证码不符"),
            ({"again": "Another-horse-9"}, "两次填写的新密码不一致"),
            ({"new": demo.PASSWORD, "again": demo.PASSWORD}, "新密码与旧密码相同"),
            ({"new": "short", "again": "short"}, "密码太弱"),
        ):
            bad = await mine.submit(page, "/account/password", **{**typed, "code": code, **wrong})
            assert (bad.status, bad.says(said)) == (422, True)
            assert typed["new"] not in bad.html
        done = await mine.submit(page, "/account/password", **typed, code=code)
        assert done.says("密码已更改")
        assert (await other.get("/account")).form("/sign-in")
        everywhere = await mine.submit(done, "/account/sign-out-everywhere")
        assert everywhere.form("/sign-in/staff")


async def test_residents_have_no_password_to_change(place, app):
    hat = await place.resident()
    phone = f"137{app.ids.new(app.clock()).int % 10**8:08d}"
    id = await place.do(place.office, accounts.new_code, phone=phone)
    _, code = await place.do(place.office, accounts.code_to_send, code_id=id)
    account = await place.do(place.office, accounts.prove_phone, phone=phone, code=code)
    async with signed_in(place, hat, account) as reader:
        assert (await reader.get("/account")).status == 403


async def test_the_quality_of_service_is_shown_in_numbers_for_a_span_of_days(place, admin):
    """CAP-30, PH-11"""
    page = await admin.get("/admin/quality?days=30")
    assert page.says("服务质量", "审核率", "按时答复率", "这段时间没有退回的处方")
    assert (
        (await admin.get("/admin/quality?days=-1")).status
        == (await admin.get("/admin/quality?days=x")).status
        == 200
    )
