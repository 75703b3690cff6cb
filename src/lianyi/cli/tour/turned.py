"""Steps: what isn't for online is refused, stopped, turned offline or given back (不宜线上)."""

from lianyi.cli.tour import clock, online, room
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.online import Asked
from lianyi.cli.tour.page import Page
from lianyi.cli.tour.script import Step, check
from lianyi.cli.tour.stage import Stage

AT_COUNTY, COUNTY = "d23", "云溪县医院"
AT_QINGHE, QINGHE = "d13", "青禾互联网医院"
FIRST, FIRST_PHONE = "马雅婷", "19905311040"  # nobody has diagnosed anything
CHILD, PARENT, PARENT_PHONE = "王立平", "王静", "19905311006"
OWN, OWN_PHONE = "徐思远", "19905311020"  # seen at the county hospital before
PAPER, PAPER_PHONE = "马家豪", "19905311039"  # has only a paper
LATE = 61  # minutes, one more than was promised


async def scene(stage: Stage) -> None:
    county = await online.receive(stage, AT_COUNTY, COUNTY)
    qinghe = await online.receive(stage, AT_QINGHE, QINGHE)
    await _refused(stage)
    await _child(stage)
    await _stopped(stage)
    await _paper(stage, qinghe)
    await _suicide(stage, county)
    await _unanswered(stage)


async def _refused(stage: Stage) -> None:
    with stage.script.step(FIRST, "没有线下诊断，首诊被拒绝 CON-02", "/follow-up") as step:
        patient = await stage.resident(step, FIRST_PHONE)
        page = await online.doctors_page(patient, room.name_of(AT_QINGHE))
        check(step, "请先到医院", holds=page.says("没有查到线下诊断记录"), seen=page.words)
        form = await patient.get(page.link("上传病历资料"))
        told = await online.fill(patient, form, disease="高血压")
        check(step, "首诊请到医院就诊", holds=told.says("属于首诊"), seen=told.words)
    with stage.script.step(OWN, "想开精神药品，被拒绝 CON-12", "/follow-up") as step:
        patient = await stage.resident(step, OWN_PHONE)
        told = await online.fill(patient, await _own_form(patient), wanted="阿普唑仑")
        check(step, "线上不能开具", holds=told.says("特殊管理药品"), seen=told.words)
        told = await online.fill(patient, told, wanted="", course="new_symptoms")
        check(step, "有新症状要到医院 CON-04", holds=told.says("到医院"), seen=told.words)


async def _own_form(patient: Browser) -> Page:
    """Follow up what the same hospital has diagnosed: nothing is shared with anybody."""
    page = await online.doctors_page(patient, room.name_of(AT_COUNTY))
    return await patient.get(page.link("复诊"))


async def _child(stage: Stage) -> None:
    what = "两岁孩子：没有监护人陪同，也没有儿科医师 CON-11"
    with stage.script.step(PARENT, what, "/follow-up") as step:
        parent = await stage.resident(step, PARENT_PHONE)
        await parent.submit(await parent.get("/family"), "/act-for")
        page = await online.doctors_page(parent, room.name_of(AT_QINGHE))
        form = await parent.get(page.link("上传病历资料"))
        told = await online.fill(parent, form, online.one_file("papers"), disease="哮喘")
        named = told.says("不满六岁的儿童须由已核验的监护人陪同", "儿科")
        check(step, "两条都说明", holds=named, seen=told.words)


async def _stopped(stage: Stage) -> None:
    with stage.script.step(OWN, "描述里有胸痛：停下，120 和急诊 CON-28", "/follow-up") as step:
        patient = await stage.browser(OWN_PHONE)
        form = await _own_form(patient)
        told = await online.fill(patient, form, complaint="复查血压，今早胸口痛了一阵")
        shown = told.says("请立即就医", "拨打 120", "急诊", "不收费")
        check(step, "看到 120、急诊科，不收费", holds=shown, seen=told.words)
        check(step, "没有付款按钮", holds=not told.says("去支付"), seen=told.words)


async def _paper(stage: Stage, doctor: Browser) -> None:
    """Prove by a paper that the doctor reads; new symptoms turn the visit offline (CON-04)."""
    with stage.script.step(PAPER, "上传出院小结，交医生审核", "/follow-up") as step:
        patient = await stage.resident(step, PAPER_PHONE)
        page = await online.doctors_page(patient, room.name_of(AT_QINGHE))
        form = await patient.get(page.link("上传病历资料"))
        told = await online.fill(
            patient, form, online.one_file("papers"), disease="高血压", evidence="discharge_summary"
        )
        asked = online.room_of(step, told, patient, PAPER)
        check(step, "审核通过前不付款", holds=told.says("正在审核"), seen=told.words)
    who = f"医师{room.name_of(AT_QINGHE)}"
    with stage.script.step(who, "看出院小结，写明理由，符合复诊条件 CON-03", asked.desk) as step:
        page = await doctor.get(asked.desk)
        check(step, "能打开资料", holds=page.says("出院小结", "查看"), seen=page.words)
        met = await doctor.submit(page, "/admit", why="出院小结诊断明确")
        check(step, "等待付款", holds=met.says("待支付"), seen=met.words)
    await online.pay(stage, asked)
    await _turn(stage, asked, doctor)


async def _turn(stage: Stage, asked: Asked, doctor: Browser) -> None:
    who, here = f"医师{room.name_of(AT_QINGHE)}", f"{asked.desk}/prescription"
    with stage.script.step(who, "接诊时发现新症状，转线下 CON-04", asked.desk) as step:
        page = await doctor.submit(await doctor.get(asked.desk), "/take")
        writing = await doctor.get(here)
        check(step, "此前可以开方", holds="新处方" in writing.html, seen=writing.words)
        target = "青山市人民医院心血管内科门诊"
        turned = await doctor.submit(page, "/turn-offline", reason="new_symptoms", target=target)
        check(step, "已转线下", holds=turned.says("已转线下", target), seen=turned.words)
        after = await doctor.get(here)
        check(step, "没有开方按钮", holds=after.says("不能再开处方"), seen=after.words)
        forced = await doctor.submit(writing, here, diagnosis=["I10.x00x002"])
        check(step, "硬提交也被拒绝", holds=forced.says("状态已经改变"), seen=forced.words)
    with stage.script.step(asked.name, "知道原因、去哪里，费用退回", asked.room) as step:
        seen = await stage.until(asked.patient, asked.room, "已退款")
        told = seen.says("出现新的症状", "青山市人民医院", "全额原路退回")
        stage.kept["turned"] = asked.id
        check(step, "原因、去处、退款", holds=told, seen=seen.words)


async def _suicide(stage: Stage, doctor: Browser) -> None:
    """Stop in the middle of a visit: every later message is read for danger too."""
    with stage.script.step(OWN, "本院病历为凭证，申请复诊", "/follow-up") as step:
        patient = await stage.browser(OWN_PHONE)
        told = await online.fill(patient, await _own_form(patient))
        asked = online.room_of(step, told, patient, OWN)
    await online.pay(stage, asked)
    await doctor.submit(await doctor.get(asked.desk), "/take")
    with stage.script.step(OWN, "消息里说不想活了：停下，120 和 12356", asked.room) as step:
        seen = await patient.get(asked.room)
        said = await patient.submit(seen, "/say", text="最近总睡不着，不想活了")
        check(step, "看到 120 和 12356", holds=said.says("120", "12356"), seen=said.words)
        back = await stage.until(patient, asked.room, "已退款")
        check(step, "费用退回", holds=back.says("全额原路退回"), seen=back.words)
        seen = await doctor.get(asked.desk)
        check(step, "医生看到已停止", holds=seen.says("急症提示"), seen=seen.words)


async def _unanswered(stage: Stage) -> None:
    with stage.script.step(OWN, "再次申请复诊", "/follow-up") as step:
        patient = await stage.browser(OWN_PHONE)
        told = await online.fill(patient, await _own_form(patient))
        asked = online.room_of(step, told, patient, OWN)
    await online.pay(stage, asked)
    with stage.script.step("平台", "一小时过去，没有医生回复", asked.room) as step:
        await clock.forward(stage, step, minutes=LATE)
    with stage.script.step(OWN, "超时未回复，费用全额退回 CON-27", asked.room) as step:
        patient = await _back(stage, step)
        seen = await stage.until(patient, asked.room, "已退款")
        check(step, "说明原因", holds=seen.says("未在承诺时间内回复"), seen=seen.words)


async def _back(stage: Stage, step: Step) -> Browser:
    """Return the patient's browser, signed in anew if the session has run out."""
    browser = await stage.browser(OWN_PHONE)
    page = await browser.get("/follow-up")
    return browser if page.says("选择医生") else await stage.resident(step, OWN_PHONE)
