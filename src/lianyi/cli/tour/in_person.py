"""Scene: a complaint, a test, a critical value called, a signed record (线下接诊)."""

import re
from dataclasses import dataclass
from typing import Any

from lianyi.cli.demo import network
from lianyi.cli.tour import clock, insured, room
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.page import Page
from lianyi.cli.tour.script import Failed, check
from lianyi.cli.tour.stage import Stage

NAME, PHONE = "张强", "19905311003"
SALTS, BLOOD = "electrolytes", "250101015"
KIDNEY, KIDNEY_LABEL = "kidney_function", "肾功能测定"
LABELS = {SALTS: "电解质测定", BLOOD: "血细胞分析"}
VALUES = {"2823-3": "6.8", "2951-2": "139", "2075-0": "101", "2000-8": "2.3"}
POTASSIUM = "2823-3"
UNREAD = 422  # what was typed can not be read
HYPERTENSION = "I10.x00x002 高血压"
NOTE: dict[str, Any] = {
    "complaint": "乏力 2 天",
    "present": "2 天前无诱因乏力，无胸痛、气短，尿量如常。",
    "past": "高血压 5 年，规律服药。",
    "asked": "none",
    "findings": "BP 142/88 mmHg，心率 72 次/分，律齐，双下肢无水肿。",
    "diagnosis": HYPERTENSION,
    "treatment": "查电解质。",
    "advice": "低盐饮食，不适随诊。",
}
BARCODE = re.compile(r"\b\d{12}\b")


@dataclass(slots=True)
class Story:
    """Who plays, and the pages they come back to."""

    stage: Stage
    patient: Browser
    doctor: Browser
    login: str
    booked: str
    visit: str = ""

    @property
    def doctor_name(self) -> str:
        return room.name_of(self.login)


async def scene(stage: Stage) -> None:
    story = await _arrive(stage)
    await _begin(story)
    orders = await _order(story)
    await _pay(story)
    await _cancel(story, orders[BLOOD])
    drawn = await story.doctor.get(f"{story.visit}/orders")
    await _leave_for_tests(story)
    barcode = await _take(story)
    await _reject(story, barcode)
    barcode = await _take(story)
    await _not_refunded(story, drawn, orders[SALTS])
    await _measure(story, barcode)
    await _call(story, orders[SALTS])
    await _release(story, orders[SALTS])
    inside = await _return(story)
    await _emergency(story)
    await _sign(story, inside)


async def _arrive(stage: Stage) -> Story:
    with stage.script.step(NAME, "挂省医院内科的号，到院签到", "/book") as step:
        patient = await stage.browser(PHONE)
        waiting, login = await room.arrive(step, patient)
        doctor = await stage.staff(step, login)
    return Story(stage, patient, doctor, login, waiting.url)


async def _begin(story: Story) -> None:
    with story.stage.script.step(
        f"医师{story.doctor_name}", "叫号，问诊，记主诉", "/clinic"
    ) as step:
        inside = await room.call_in(story.doctor, NAME)
        story.visit = inside.url
        check(step, "先看到过敏史", holds=inside.says("过敏"), seen=inside.words)
        saved = await story.doctor.submit(inside, "/note", **{**NOTE, "act": "save"})
        check(step, "病历已保存，未签名", holds=saved.says("已保存"), seen=saved.words)


async def _order(story: Story) -> dict[str, str]:
    """Return the ids of the orders by their codes."""
    page = f"{story.visit}/orders"
    with story.stage.script.step(f"医师{story.doctor_name}", "开两项检验，看到价格", page) as step:
        offered = await story.doctor.get(page)
        check(step, "项目有价格", holds=offered.says(*LABELS.values(), "¥"), seen=offered.words)
        placed = await story.doctor.submit(offered, "/orders", code=[SALTS, BLOOD])
        check(step, "待缴费", holds=placed.words.count("待缴费") >= len(LABELS), seen=placed.words)
    return {code: _id_of(placed, label) for code, label in LABELS.items()}


def _id_of(page: Page, label: str) -> str:
    found = re.search(rf"<h2>{label}</h2>.*?/orders/([0-9a-f-]{{36}})/", page.html, re.DOTALL)
    if found is None:
        raise Failed(f"{label}: {page.words[:200]}")
    return found[1]


async def _pay(story: Story) -> None:
    """Pay as the insured do: on a good day, with an answer lost, with the agency closed."""
    stage, patient = story.stage, story.patient
    await insured.pay(stage, patient, NAME, LABELS[SALTS])
    await insured.pay_unheard(stage, patient, NAME, LABELS[BLOOD])
    async with insured.closed(stage):
        with stage.script.step(f"医师{story.doctor_name}", "加开一项检验", story.visit) as step:
            offered = await story.doctor.get(f"{story.visit}/orders")
            placed = await story.doctor.submit(offered, "/orders", code=[KIDNEY])
            check(step, "待缴费", holds=placed.says("待缴费"), seen=placed.words)
        await insured.pay_alone(stage, patient, NAME, KIDNEY_LABEL)


async def _cancel(story: Story, order_id: str) -> None:
    page = f"{story.visit}/orders"
    who = f"医师{story.doctor_name}"
    with story.stage.script.step(who, "撤销还没执行的一项，钱原路退回", page) as step:
        ready = await _ready(story, page)
        done = await story.doctor.submit(ready, f"{order_id}/cancel", reason="上周刚查过")
        check(step, "已取消", holds=done.says("已取消"), seen=done.words)
    with story.stage.script.step(NAME, "看到退款", "/bills") as step:
        bill = (await story.patient.get("/bills")).link(LABELS[BLOOD])
        back = await story.stage.until(story.patient, bill, "已退回")
        check(step, "原路退回", holds=back.says("已退款"), seen=back.words)


async def _ready(story: Story, page: str) -> Page:
    """Look until all orders are paid for, whoever pays."""
    while True:
        seen = await story.stage.until(story.doctor, page, "待采集")
        if not seen.says("待缴费"):
            return seen


async def _leave_for_tests(story: Story) -> None:
    who = f"医师{story.doctor_name}"
    with story.stage.script.step(who, "请患者先去采血，稍后回诊", story.visit) as step:
        done = await story.doctor.submit(await story.doctor.get(story.visit), "/clinic/finish")
        check(step, "诊室空出", holds=done.says("叫下一位"), seen=done.words)


async def _take(story: Story) -> str:
    """Label and fill a tube; return its barcode."""
    with story.stage.script.step("护士钟敏", "打印条码，核对姓名生日，采血", "/taking") as step:
        nurse = await story.stage.staff(step, "n01")
        page = await nurse.get((await nurse.get("/taking")).link(LABELS[SALTS]))
        labelled = await nurse.submit(page, "/label")
        found = BARCODE.search(labelled.words)
        check(step, "有条码", holds=found is not None, seen=labelled.words)
        wrong = await nurse.submit(labelled, "/take", name="张伟", born=_born())
        check(step, "姓名不符不能采", holds=wrong.says("条码与面前的患者不符"), seen=wrong.words)
        taken = await nurse.submit(wrong, "/take", name=NAME, born=_born())
        check(step, "已采集", holds=taken.says("已采集"), seen=taken.words)
    return found[0] if found else ""


def _born() -> str:
    number = next(one.id_number for one in network.load().resident if one.phone == PHONE)
    return f"{number[6:10]}-{number[10:12]}-{number[12:14]}"


async def _reject(story: Story, barcode: str) -> None:
    with story.stage.script.step("检验师袁立", "标本溶血，拒收", "/laboratory") as step:
        bench = await story.stage.staff(step, "t01")
        page = await bench.submit(await bench.get("/laboratory"), "/scan", code=barcode)
        back = await bench.submit(page, "/reject", rejection="haemolysed")
        check(step, "退回重采", holds=back.says("需重采"), seen=back.words)


async def _not_refunded(story: Story, drawn: Page, order_id: str) -> None:
    who = f"医师{story.doctor_name}"
    with story.stage.script.step(who, "已采血的检验不能退费", drawn.url) as step:
        refused = await story.doctor.submit(drawn, f"{order_id}/cancel", reason="患者要求退费")
        check(step, "被拒绝", holds=refused.says("不能取消或退费"), seen=refused.words)


async def _measure(story: Story, barcode: str) -> None:
    with story.stage.script.step("检验师袁立", "接收，检测，录入结果", "/laboratory") as step:
        bench = await story.stage.staff(step, "t01")
        page = await bench.submit(await bench.get("/laboratory"), "/scan", code=barcode)
        page = await bench.submit(page, "/receive")
        codes = page.form("/measure").every["observation"]
        values = [VALUES[code] for code in codes]
        page = await bench.submit(page, "/measure", observation=codes, value=values)
        check(step, "自己不能审核", holds=page.says("等待另一位检验人员审核"), seen=page.words)


async def _call(story: Story, order_id: str) -> None:
    here = f"/laboratory/orders/{order_id}"
    with story.stage.script.step("检验师石慧", "复核，危急值电话报告并复述 TEL-14", here) as step:
        bench = await story.stage.staff(step, "t02")
        page = await bench.submit(await bench.get(here), "/verify")
        check(step, "是危急值", holds=page.says("危急值，请立即电话报告"), seen=page.words)
        receiver = re.search(rf'<option value="([^"]+)">{story.doctor_name}', page.html)
        told: dict[str, Any] = {
            "receiver": receiver[1] if receiver else "",
            "observation": [POTASSIUM],
        }
        wrong = await bench.submit(page, "/call", value=["8.6"], **told)
        check(step, "复述不一致不算", holds=wrong.says("复述的数值与结果不一致"), seen=wrong.words)
        right = await bench.submit(wrong, "/call", value=["6.8"], **told)
        check(step, "复述一致", holds=right.says("已审核，待发布"), seen=right.words)


async def _release(story: Story, order_id: str) -> None:
    with story.stage.script.step(NAME, "发布前看不到结果 IDN-11", "/results") as step:
        before = await story.patient.get("/results")
        told = f"{clock.shown(before):%Y-%m-%d} · {room.HERE} {VALUES[POTASSIUM]}"
        hidden = before.says("检测中") and not before.says(told)
        check(step, "只看到检测中", holds=hidden, seen=before.words)
    page = f"{story.visit}/orders"
    who = f"医师{story.doctor_name}"
    with story.stage.script.step(who, "看到异常在前的结果，发布", page) as step:
        seen = await story.doctor.get(page)
        check(step, "异常标红", holds=seen.says("6.8", "↑↑"), seen=seen.words)
        done = await story.doctor.submit(seen, f"{order_id}/release")
        check(step, "已发布", holds=done.says("已发布"), seen=done.words)
    with story.stage.script.step(NAME, "在手机上看到结果和白话说明", "/results") as step:
        after = await story.patient.get("/results")
        check(step, "看到 6.8", holds=after.says(told, "参考范围"), seen=after.words)


async def _return(story: Story) -> Page:
    with story.stage.script.step(NAME, "带结果回诊，不再挂号", story.booked) as step:
        back = await story.patient.submit(await story.patient.get(story.booked), "/come-back")
        check(step, "重新候诊", holds=back.says("前面还有"), seen=back.words)
    with story.stage.script.step(f"医师{story.doctor_name}", "叫回诊", story.visit) as step:
        inside = await room.call_in(story.doctor, NAME)
        check(step, "就诊中", holds=inside.says(NAME), seen=inside.words)
    return inside


async def _emergency(story: Story) -> None:
    """Test again before anybody has paid; the bill stays, and is paid after."""
    stage, page, who = story.stage, f"{story.visit}/orders", f"医师{story.doctor_name}"
    with stage.script.step(who, "血钾 6.8，急诊复查，先检后付", page) as step:
        placed = await story.doctor.submit(await story.doctor.get(page), "/orders", code=[SALTS])
        check(step, "待缴费", holds=placed.says("待缴费"), seen=placed.words)
        mute = await story.doctor.submit(placed, "/defer", reason="")
        check(step, "不写原因不行", holds=mute.status == UNREAD, seen=mute.words)
        deferred = await story.doctor.submit(placed, "/defer", reason="血钾危急值，不能等缴费")
        waits = deferred.says("先检后付", "待采集") and not deferred.says("待缴费")
        check(step, "不等缴费就能采血", holds=waits, seen=deferred.words)
    await _take(story)
    with stage.script.step(NAME, "采完血，账单还在，待支付", "/bills") as step:
        bills = await story.patient.get("/bills")
        check(step, "看到待支付", holds=bills.says(LABELS[SALTS], "待支付"), seen=bills.words)
    await insured.pay(stage, story.patient, NAME, LABELS[SALTS])


async def _sign(story: Story, inside: Page) -> None:
    who = f"医师{story.doctor_name}"
    with story.stage.script.step(who, "签名病历，结束就诊", story.visit) as step:
        signed = await story.doctor.submit(
            inside, "/note", **{**NOTE, "act": "sign", "treatment": "血钾 6.8，转急诊处理。"}
        )
        check(step, "已签名", holds=signed.says("已签名", "第 1 版"), seen=signed.words)
