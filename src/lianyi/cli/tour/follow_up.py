"""Scene: an online follow-up from its proof to the signed record, and what ends one early."""

from http import HTTPStatus
from typing import Any

from lianyi.cli.tour import online, online_rx, room, turned
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.online import Asked
from lianyi.cli.tour.page import Page
from lianyi.cli.tour.script import check
from lianyi.cli.tour.sign import unlock
from lianyi.cli.tour.stage import Stage

NAME, PHONE = "林家豪", "19905311032"
DOCTOR, PLACE, ELSEWHERE = "d02", "省一院互联网医院", "市人民医院"
PROMISE = 60  # minutes
NOTE: dict[str, Any] = {
    "complaint": "高血压复诊，续用原药",
    "present": "近两周血压 128–136/76–84 mmHg，无头晕、胸痛。",
    "past": "高血压 5 年，规律服药。",
    "asked": "some",
    "allergens": "磺胺类",
    "findings": "线上未查体。",
    "diagnosis": "I10.x00x002 高血压",
    "treatment": "维持原方案。",
    "advice": "低盐饮食，每日测血压，三个月后线下复查。",
}


async def scene(stage: Stage) -> None:
    doctor = await online.receive(stage, DOCTOR, PLACE)
    asked = await _ask(stage)
    await online.pay(stage, asked)
    await _take(stage, asked, doctor)
    await _talk(stage, asked, doctor)
    await online_rx.prescribe(stage, asked, doctor, DOCTOR, PLACE)
    await end(stage, asked, doctor)
    await turned.scene(stage)


async def _ask(stage: Stage) -> Asked:
    """Ask with the record of another hospital as proof, which is shared by its own consent."""
    with stage.script.step(NAME, "找到在线医生，看到可复诊的线下诊断", "/follow-up") as step:
        patient = await stage.resident(step, PHONE)
        page = await online.doctors_page(patient, room.name_of(DOCTOR))
        check(step, "线下门诊病历是凭证 CON-02", holds=page.says("高血压", ELSEWHERE, "门诊病历"))
        check(step, "外专科的病不能选 LIC-13", holds=page.says("不属于这位医生的专科"))
        form = await patient.get(page.link("复诊"))
        promised = form.says("¥15.00", f"{PROMISE} 分钟内", "20 条", "全额原路退回")
        check(step, "付款前看到价格、承诺、条数、退费规则 CON-27", holds=promised, seen=form.words)
        notice = form.says("在线诊疗风险告知（2026-11 版）")
        check(step, "风险告知有版本 CON-17", holds=notice, seen=form.words)
    with stage.script.step(NAME, "不让医生看外院病历，没有凭证，被拒绝", "/follow-up") as step:
        refused = await online.fill(patient, form)
        check(step, "说明要授权 CON-03", holds=refused.says("请勾选授权"), seen=refused.words)
    with stage.script.step(NAME, "填写预问诊，附照片，同意共享", "/follow-up") as step:
        told = await online.fill(patient, refused, online.one_file("photos"), share="1")
        asked = online.room_of(step, told, patient, NAME)
        check(step, "待支付", holds=told.says("待支付", "照片 1"), seen=told.words)
    return asked


async def _take(stage: Stage, asked: Asked, doctor: Browser) -> None:
    who = f"医师{room.name_of(DOCTOR)}"
    with stage.script.step(who, "接诊，看凭证，判定符合复诊条件", asked.desk) as step:
        queue = await doctor.get("/clinic/online")
        check(step, "看到承诺的剩余时间", holds=queue.says(NAME, "剩"), seen=queue.words)
        page = await doctor.submit(await doctor.get(asked.desk), "/take")
        check(step, "先看到过敏史", holds=page.says("过敏：磺胺类"), seen=page.words)
        check(step, "终止情形清单 CON-05", holds=page.says("终止在线诊疗的情形"), seen=page.words)
        early = await doctor.submit(page, "/note", **{**NOTE, "act": "sign"})
        check(step, "未判定不能结束 CON-03", holds=early.says("还没有判定"), seen=early.words)
        met = await doctor.submit(early, "/decide", why="市人民医院门诊病历诊断明确")
        check(step, "符合", holds=met.says("符合", "市人民医院门诊病历诊断明确"), seen=met.words)


async def _talk(stage: Stage, asked: Asked, doctor: Browser) -> None:
    patient, who = asked.patient, f"医师{room.name_of(DOCTOR)}"
    with stage.script.step(NAME, "发照片和文字，医生页面实时收到", asked.room) as step:
        mine, theirs = await patient.get(asked.room), await doctor.get(asked.desk)
        said = patient.submit(
            mine, "/say", online.one_file("pictures"), text="这是近两周的血压记录，没有胸痛"
        )
        name = await online.hears(doctor, theirs, said)
        check(
            step, f"收到 {name.partition('/')[0]}", holds=name == f"consult/{asked.id}", seen=name
        )
        read = await doctor.get(asked.desk)
        check(step, "否认的症状不算", holds=read.says("没有胸痛", "问诊中"), seen=read.words)
        check(step, "看到照片", holds=await _opens(doctor, read), seen=read.words)
    with stage.script.step(who, "回复，患者页面实时收到", asked.desk) as step:
        mine, theirs = await doctor.get(asked.desk), await patient.get(asked.room)
        said = doctor.submit(mine, "/say", text="血压控制得不错，继续原来的药。")
        name = await online.hears(patient, theirs, said)
        check(
            step, f"收到 {name.partition('/')[0]}", holds=name == f"consult/{asked.id}", seen=name
        )
        read = await patient.get(asked.room)
        check(step, "看到回复", holds=read.says("血压控制得不错"), seen=read.words)


async def _opens(browser: Browser, page: Page) -> bool:
    """Return whether the newest picture of a conversation comes through the door."""
    files = [link.href for link in page.links if "/files/" in link.href]
    return bool(files) and (await browser.get(files[-1])).status == HTTPStatus.OK


async def end(stage: Stage, asked: Asked, doctor: Browser) -> None:
    who = f"医师{room.name_of(DOCTOR)}"
    with stage.script.step(who, "签署门诊病历，结束问诊", asked.desk) as step:
        await unlock(stage, step, doctor)
        page = await doctor.get(asked.desk)
        short = await doctor.submit(page, "/note", **{**NOTE, "act": "sign", "findings": ""})
        check(step, "缺查体不能签", holds=short.says("查体"), seen=short.words)
        done = await doctor.submit(short, "/note", **{**NOTE, "act": "sign"})
        check(step, "已签名，线上未查体", holds=done.says("已签名", "线上未查体"), seen=done.words)
    with stage.script.step(NAME, "读到医生签署的病历，评价", asked.room) as step:
        seen = await asked.patient.get(asked.room)
        check(step, "问诊已结束", holds=seen.says("问诊已结束"), seen=seen.words)
        rated = await asked.patient.submit(seen, "/rate", stars="5", words="很耐心")
        check(step, "已评价", holds=rated.says("您给了 5 星"), seen=rated.words)
        note = await asked.patient.get(f"/record/notes/{asked.id}")
        parts = note.says("主诉", "现病史", "既往史", "过敏史", "线上未查体", "处理", "医嘱")
        check(step, "八项俱全", holds=parts, seen=note.words)
        signed = await stage.until(asked.patient, f"/record/notes/{asked.id}", "签名有效")
        check(step, "电子签名有效", holds=signed.says(room.name_of(DOCTOR)), seen=signed.words)
        stage.kept["signed"] = asked.id
