"""Booking in the browser: a resident finds, keeps, confirms and gives back; a doctor calls."""

from contextlib import AsyncExitStack
from datetime import date, timedelta

import pytest

from lianyi.journeys import book
from lianyi.people.model import DOCTOR
from tests.booking.make import START, Clinic
from tests.drain import deliver
from tests.journeys.test_book import pass_time
from tests.place import Place
from tests.web.reader import reading, wearing

DAY = timedelta(days=1)
KEPT = START.isoformat()


@pytest.fixture
async def place(app):
    return await Place.found(app)


@pytest.fixture
async def clinic(place):
    return await Clinic.open(place)


@pytest.fixture
async def sign(app, place):
    """Return what signs a hat in, in a browser of its own."""
    async with AsyncExitStack() as browsers:

        async def sign(hat):
            reader = await browsers.enter_async_context(reading(app))
            await wearing(reader, place, hat)
            return reader

        yield sign


@pytest.fixture
async def resident(place, sign):
    return await sign(await place.resident())


async def keep(reader, session_id):
    """Choose the first time of a session."""
    page = await reader.get(f"/book/sessions/{session_id}")
    return await reader.submit(page, f"/book/sessions/{session_id}", starts_at=KEPT)


async def test_from_the_hospital_to_a_confirmed_number(resident, clinic, place):
    session_id = await clinic.publish()
    assert (await resident.get("/book")).says("青山市第一人民医院")
    assert (await resident.get(f"/book/{place.id}")).says("内科")
    day = await resident.get(f"/book/{place.id}/{place.department_id}?day=2030-01-09")
    assert day.link("余 4") == f"/book/sessions/{session_id}"
    kept = await keep(resident, session_id)
    assert kept.says("待确认", "号源已为您保留")
    confirmed = await resident.submit(kept, "/confirm")
    assert confirmed.says("已预约", "3 诊室")
    assert (await resident.get("/appointments")).says("已预约")


async def test_a_taken_time_says_so_and_shows_what_is_left(resident, clinic):
    session_id = await clinic.publish(numbers_per_slot=1)
    page = await resident.get(f"/book/sessions/{session_id}")
    await clinic.booked(session_id)
    late = await resident.submit(page, f"/book/sessions/{session_id}", starts_at=KEPT)
    assert (late.status, late.says("约满")) == (422, True)


async def test_a_kept_number_that_ran_out_leads_back_to_the_times(app, resident, clinic, clock):
    """IDN-09: whether or not the hold was cleared away yet."""
    session_id = await clinic.publish()
    kept = await keep(resident, session_id)
    clock.forward(minutes=14)
    assert (await resident.get(kept.url)).says("号源已为您保留")
    clock.forward(minutes=10)
    for tag in ("待确认", "已过期"):
        gone = await resident.get(kept.url)
        assert gone.says(tag, "号源已释放"), gone.words
        assert gone.link("重新挂号") == f"/book/sessions/{session_id}"
        await pass_time(app, clock, minutes=1)


async def test_a_number_is_given_back_with_a_reason(resident, clinic):
    kept = await resident.submit(await keep(resident, await clinic.publish()), "/confirm")
    assert (await resident.submit(kept, "/cancel", reason="no_time")).says("已取消")


async def test_what_is_wrong_with_an_act_stands_on_its_own_page(resident, clinic):
    session_id = await clinic.publish()
    times = await resident.get(f"/book/sessions/{session_id}")
    kept = await resident.submit(times, f"/book/sessions/{session_id}", starts_at=START.isoformat())
    again = await resident.submit(kept, "/cancel", reason="")
    assert (again.status, again.says("退号原因", "号源已为您保留")) == (422, True)
    sent = {**kept.form("/cancel").fields, "session": "none", "starts_at": "soon"}
    lost = await resident.http.post("/book/move", data=sent)
    assert (lost.status_code, lost.headers["location"]) == (303, "/appointments")


async def test_a_number_is_moved_to_another_doctor_or_day(resident, clinic, place):
    """CAP-10: the old number is given up only with the new one in hand."""
    first, full, second = [await clinic.publish(starts_at=START + n * DAY) for n in range(3)]
    for _ in range(2):
        await clinic.booked(full, starts_at=START + DAY)
    kept = await resident.submit(await keep(resident, first), "/confirm")
    days = await resident.get(kept.link("改约"))
    assert days.says("内科")
    moving = kept.url.rsplit("/", 1)[-1]
    page = await resident.get(f"/book/sessions/{full}?move={moving}")
    late = await resident.submit(page, "/book/move", starts_at=(START + DAY).isoformat())
    assert (late.status, late.says("约满")) == (422, True)
    times = await resident.get(f"/book/sessions/{second}?move={moving}")
    moved = await resident.submit(times, "/book/move", starts_at=(START + 2 * DAY).isoformat())
    assert moved.says("已预约", f"{START + 2 * DAY:%m-%d}")


async def test_a_stopped_session_leads_to_other_times(resident, clinic, place):
    """CAP-10: whoever was booked chooses another doctor or day without a new number."""
    session_id, other = await clinic.publish(), await clinic.publish(starts_at=START + DAY)
    kept = await resident.submit(await keep(resident, session_id), "/confirm")
    admin = await place.admin()
    await place.do(admin, book.stop, session_id=session_id, reason="医师突发疾病")
    stopped = await resident.get(kept.url)
    assert not (await resident.get("/appointments")).says("没有待就诊的预约")
    way = next(link.href for link in stopped.links if "?move=" in link.href)
    times = await resident.get(way)
    assert str(other) in times.url
    moved = await resident.submit(times, "/book/move", starts_at=(START + DAY).isoformat())
    assert moved.says("已预约")


async def test_somebody_elses_appointment_is_not_found(clinic, resident):
    _, id = await clinic.booked(await clinic.publish())
    page = await resident.get(f"/appointments/{id}")
    assert (page.status, page.says("没有找到该预约")) == (404, True)


async def test_a_full_session_offers_the_waiting_list(clinic, resident):
    session_id = await clinic.publish(numbers_per_slot=1, slot_minutes=60)
    await clinic.booked(session_id)
    page = await resident.get(f"/book/sessions/{session_id}")
    waits = await resident.submit(page, "/book/waiting")
    assert waits.says("已加入候补")
    assert (await resident.submit(waits, "/book/waiting/leave")).says("可以候补")


async def test_a_doctor_calls_starts_and_finishes(clinic, place, clock, sign):
    session_id = await clinic.publish()
    hat, id = await clinic.booked(session_id)
    clock.forward(hours=44)  # 8 o'clock of that day
    doctor, patient = await sign(clinic.doctor), await sign(hat)
    assert (await doctor.get("/clinic")).says("还没有人候诊")
    await patient.submit(await patient.get(f"/appointments/{id}"), "/check-in")
    called = await doctor.submit(await doctor.get("/clinic"), "/clinic/call")
    assert called.says("请就诊", "王秀英")
    assert (await patient.get(f"/appointments/{id}")).says("请到 3 诊室 就诊")
    inside = await doctor.submit(called, "/clinic/start")
    done = await doctor.submit(inside, "/clinic/finish")
    assert done.says("1 人已就诊")
    assert (await patient.get(f"/appointments/{id}")).says("已就诊")


async def test_a_called_patient_who_is_not_there_may_queue_again(clinic, clock, sign):
    session_id = await clinic.publish()
    hat, id = await clinic.booked(session_id)
    clock.forward(hours=44)
    doctor, patient = await sign(clinic.doctor), await sign(hat)
    await patient.submit(await patient.get(f"/appointments/{id}"), "/check-in")
    called = await doctor.submit(await doctor.get("/clinic"), "/clinic/call")
    await doctor.submit(called, "/clinic/missed")
    missed = await patient.get(f"/appointments/{id}")
    assert missed.says("已叫过您的号")
    assert (await patient.submit(missed, "/re-enter")).says("前面还有")


async def test_a_stopped_session_tells_whoever_booked_what_to_do(clinic, clock, place, sign):
    session_id = await clinic.publish()
    hat, id = await clinic.booked(session_id)
    admin = await sign(await place.admin())
    there = f"/admin/schedule?department={place.department_id}&day=2030-01-09"
    page = await admin.get(there)
    silent = await admin.submit(page, "/admin/schedule/stop", reason="")
    assert (silent.status, silent.says("请填写")) == (422, True), silent.words
    stopped = await admin.submit(page, "/admin/schedule/stop", reason="急诊手术")
    assert stopped.says("这一天还没有出诊")
    patient = await sign(hat)
    assert (await patient.get(f"/appointments/{id}")).says("医生停诊", "改约")


async def test_an_administrator_puts_a_session_on_the_schedule(clinic, place, sign):
    admin = await sign(await place.admin())
    page = await admin.get(f"/admin/schedule?department={place.department_id}")
    sitting = {
        "doctor": str(clinic.doctor.post_id),
        "day": "2030-01-10",
        "half": "morning",
        "kind": "ordinary",
        "payment": "at_visit",
        "releases": "30",
    }
    tiny = await admin.submit(page, "/admin/schedule", **sitting, minutes="1")
    assert (tiny.status, tiny.says("每个时段 5 至 60 分钟")) == (422, True)
    done = await admin.submit(page, "/admin/schedule", **sitting)
    assert done.says("张建国", "余号 28"), done.words


SITTING = {
    "day": "2030-01-09",
    "half": "morning",
    "kind": "ordinary",
    "payment": "at_visit",
    "releases": "7",
    "weekdays": ["3", "5"],
}


async def planned(clinic, place, sign):
    """Return an administrator on whose page a doctor sits every Wednesday and Friday morning."""
    admin = await sign(await place.admin())
    page = await admin.get(f"/admin/schedule?department={place.department_id}")
    return admin, await admin.submit(
        page, "/admin/schedule", **SITTING, doctor=str(clinic.doctor.post_id)
    )


async def test_an_administrator_has_a_doctor_sit_every_week(clinic, place, sign):
    """CAP-11: two weeks of it can be seen at once, and it goes on by itself."""
    admin, page = await planned(clinic, place, sign)
    assert page.says(
        "张建国", "余号 28", "固定出诊", "周三、周五 上午 08:00–11:30", "提前 7 天放号"
    )
    last = await admin.get(f"/admin/schedule?department={place.department_id}&day=2030-01-18")
    assert last.says("张建国", "待放号")
    twice = await admin.submit(
        page, "/admin/schedule", **SITTING, doctor=str(clinic.doctor.post_id)
    )
    assert (twice.status, twice.says("每周这个时间已有固定出诊")) == (422, True)
    mute = await admin.submit(page, "/admin/schedule/end", ending="")
    assert mute.status == 422
    ended = await admin.submit(page, "/admin/schedule/end", ending="改为下午出诊")
    assert not ended.says("周三、周五")
    assert ended.says("张建国")


async def test_a_holiday_closes_the_house_and_can_be_taken_back(clinic, place, sign):
    admin, page = await planned(clinic, place, sign)
    mute = await admin.submit(page, "/admin/schedule/close", closed="2030-01-09", why="")
    assert mute.status == 422
    past = await admin.submit(page, "/admin/schedule/close", closed="2030-01-01", why="元旦放假")
    assert (past.status, past.says("已经过去")) == (422, True)
    closed = await admin.submit(page, "/admin/schedule/close", closed="2030-01-09", why="院庆停诊")
    assert closed.says("2030-01-09", "院庆停诊", "这一天还没有出诊")
    back = await admin.submit(closed, "/admin/schedule/reopen")
    assert back.says("这一天还没有出诊")
    assert not back.says("院庆停诊")


async def test_a_doctor_whose_licence_ends_is_shown_as_held(clinic, place, app, sign):
    """LIC-13"""
    await place.license(clinic.doctor.person_id, DOCTOR, valid_until=date(2030, 1, 10))
    await deliver(app)
    _, page = await planned(clinic, place, sign)
    assert page.says("暂停排班", "2030-01-11 起不能出诊", "执业证书已过有效期")


async def test_only_administrators_see_the_schedule_desk(clinic, sign):
    doctor = await sign(clinic.doctor)
    assert (await doctor.get("/admin/schedule")).status == 403


async def test_another_places_doctor_sees_no_roster(app, clinic, sign):
    session_id = await clinic.publish()
    elsewhere = await Place.found(app)
    stranger = await sign(await elsewhere.doctor())
    assert (await stranger.get(f"/clinic/{session_id}")).status == 404
