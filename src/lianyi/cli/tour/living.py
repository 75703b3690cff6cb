"""Scene: the morning a newcomer finds: doctors on duty, people waiting, counts (新的一天)."""

import re
from typing import Any

from lianyi.cli.tour import (
    clock,
    course,
    fill,
    follow_up,
    insured,
    online,
    online_rx,
    room,
    sitting,
)
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.dispensary import Pharmacy
from lianyi.cli.tour.online import Asked
from lianyi.cli.tour.page import Page
from lianyi.cli.tour.purchase import Buyer
from lianyi.cli.tour.script import Failed, check
from lianyi.cli.tour.sign import unlock
from lianyi.cli.tour.stage import Stage
from lianyi.cli.tour.visit import HEROINE

# Who can be asked online, and where. The first has prescribed in an earlier scene.
FIRST, FIRST_PLACE = follow_up.DOCTOR, follow_up.PLACE
ONLINE = ((FIRST, FIRST_PLACE), ("d03", FIRST_PLACE), ("d13", "青禾互联网医院"))
COUNTY = ("d23", "云溪县医院")
ASKS = ("徐思远", "19905311020")  # seen at the county hospital before
SITS, WARD = "d01", "心血管内科"
INSIDE, WAITING = ("高德海", "19905311031"), (("张秀英", HEROINE), ("林家豪", follow_up.PHONE))
STORE = ("康和堂人民路店", "y02", "p03")
HYPERTENSION, AMLODIPINE = "I10.x00x002", "amlodipine-tab-5mg"
REVIEWER = "p01"
SCREEN = "/regulator/screen"
SCREENS = (
    ("h01", "卫健委熊岩", ("今日就诊 0 ", "今日处方 0 ", "今日处方审核 0 ")),
    ("g01", "药监局秦岭", ("今日调剂发药 0 ",)),
)
NOTE: dict[str, Any] = {
    "complaint": "血压升高 3 年，门诊复查",
    "present": "家庭自测血压 136–148/84–92 mmHg，无头晕、胸闷、胸痛。",
    "past": "高血压 3 年。",
    "asked": "none",
    "findings": "BP 146/90 mmHg，心率 76 次/分，律齐，双下肢无水肿。",
    "diagnosis": f"{HYPERTENSION} 高血压",
    "treatment": "加用氨氯地平 5 mg 每日一次。",
    "advice": "低盐饮食，每日测血压，四周后复查。",
}


async def scene(stage: Stage) -> None:
    await _day(stage)
    doctors = [await online.receive(stage, *each) for each in (*ONLINE, COUNTY)]
    asked = await _followed_up(stage, doctors[0])
    await _filled(stage, asked)
    await _sitting(stage)
    await _asked(stage)
    await _counted(stage)


async def _day(stage: Stage) -> None:
    """Let it be a working morning: nobody sits at the weekend."""
    with stage.script.step("平台顾言", "到工作日上午", "/admin/health") as step:
        operator = await stage.staff(step, "o01")
        now = clock.shown(await operator.get("/admin/health"))
        if ahead := clock.until_work(now):
            await clock.forward(stage, step, minutes=ahead)
        there = clock.shown(await operator.get("/account"))
        check(step, "工作日", holds=there.weekday() < clock.SATURDAY, seen=there)


async def _followed_up(stage: Stage, doctor: Browser) -> Asked:
    """Follow up online once more, from the request to the signed record and the prescription."""
    name, who = follow_up.NAME, f"医师{room.name_of(FIRST)}"
    with stage.script.step(name, "申请复诊", "/follow-up") as step:
        patient = await stage.resident(step, follow_up.PHONE)
        page = await online.doctors_page(patient, room.name_of(FIRST))
        form = await patient.get(page.link("复诊"))
        asked = online.room_of(step, await online.fill(patient, form, share="1"), patient, name)
    await online.pay(stage, asked)
    with stage.script.step(who, "接诊，符合复诊条件", asked.desk) as step:
        page = await doctor.submit(await doctor.get(asked.desk), "/take")
        met = await doctor.submit(page, "/decide", why="市人民医院门诊病历诊断明确")
        check(step, "符合", holds=met.says("符合"), seen=met.words)
    await online_rx.prescribe(stage, asked, doctor, FIRST, FIRST_PLACE)
    await follow_up.end(stage, asked, doctor)
    return asked


async def _filled(stage: Stage, asked: Asked) -> None:
    """Collect at a store what the internet hospital has prescribed."""
    shop = Pharmacy(stage, *STORE)
    with stage.script.step(f"{shop.name}药师", "上班值守 LIC-04", "/pharmacy") as step:
        await shop.open(step)
    with stage.script.step(asked.name, f"选{shop.name}", "/prescriptions") as step:
        page = await asked.patient.get("/prescriptions")
        buyer = Buyer(stage, asked.name, asked.patient, page.link("氨氯地平"))
        await buyer.choose(step, shop.name)
    await fill.accept(stage, shop, buyer)
    await fill.fill(stage, shop, buyer, (AMLODIPINE,), "待付款")
    with stage.script.step(asked.name, "付个人部分", buyer.sale) as step:
        await buyer.pay(step)
    await fill.collect(stage, shop, buyer)


async def _sitting(stage: Stage) -> None:
    """Let an expert sit: one patient is inside and prescribed for, the others wait."""
    for name, phone in (INSIDE, *WAITING):
        await _arrived(stage, name, phone)
    with stage.script.step("药师冯玉兰", "上班审方", "/review") as step:
        pharmacist = await stage.staff(step, REVIEWER)
        await room.wear(pharmacist)
        page = await pharmacist.get("/review")
        if not page.says("在岗至"):
            page = await pharmacist.submit(page, "/review/on-duty")
        check(step, "在岗", holds=page.says("在岗至"), seen=page.words)
    with stage.script.step(
        f"医师{room.name_of(SITS)}", f"叫{INSIDE[0]}，写病历", "/clinic"
    ) as step:
        doctor = await stage.staff(step, SITS)
        await room.wear(doctor)
        await unlock(stage, step, doctor)
        inside = await room.call_in(doctor, INSIDE[0])
        saved = await doctor.submit(inside, "/note", **{**NOTE, "act": "save"})
        check(step, "已保存", holds=saved.says("已保存"), seen=saved.words)
    here = f"{inside.url.split('?')[0].rstrip('/')}/prescription"
    with stage.script.step(f"医师{room.name_of(SITS)}", "开方，送药师审核", here):
        await course.write(stage, doctor, here, AMLODIPINE, HYPERTENSION)


async def _arrived(stage: Stage, name: str, phone: str) -> None:
    with stage.script.step(
        name, f"挂{room.name_of(SITS)}的专家号，付款，到院签到", "/book"
    ) as step:
        patient = await stage.resident(step, phone)
        kept = await sitting.hold(patient, await _session(patient))
        await insured.scan(stage, patient, kept.link("去支付"))
        booked = await stage.until(patient, kept.url, "我到了")
        waiting = await patient.submit(booked, "/check-in")
        check(step, "候诊中", holds=waiting.says("前面还有"), seen=waiting.words)


async def _session(patient: Browser) -> str:
    """Return where this doctor's numbers of today are booked."""
    hospital = await patient.get((await patient.get("/book")).link("岱东省第一人民医院"))
    ward = await patient.get(hospital.link(WARD))
    today = await patient.get(f"{ward.url}?day={clock.shown(ward):%Y-%m-%d}")
    return _of(today, room.name_of(SITS))


def _of(page: Page, doctor: str) -> str:
    found = re.search(rf"{doctor}(?:(?!</li>).)*?(/book/sessions/[^\"]+)", page.html, re.DOTALL)
    if found is None:
        raise Failed(f"{doctor}: {page.words[:300]}")
    return found[1]


async def _asked(stage: Stage) -> None:
    """Leave one request to a doctor who has not looked yet: the money waits with it (CON-27)."""
    name, phone = ASKS
    with stage.script.step(name, "申请复诊，等医生接诊", "/follow-up") as step:
        patient = await stage.resident(step, phone)
        page = await online.doctors_page(patient, room.name_of(COUNTY[0]))
        told = await online.fill(patient, await patient.get(page.link("复诊")))
        asked = online.room_of(step, told, patient, name)
    await online.pay(stage, asked)


async def _counted(stage: Stage) -> None:
    """See the day's counts on the wall: of care and, at the drug authority, of sales."""
    for login, who, kinds in SCREENS:
        with stage.script.step(who, "大屏上看到今天的数", SCREEN) as step:
            authority = await stage.staff(step, login)
            for none in kinds:
                page = await stage.until_gone(authority, SCREEN, none)
            check(step, "都不是 0", holds=page.says("回执率"), seen=page.words)
