"""Steps: an insured person pays their part, on good days and on bad ones (医保缴费)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lianyi.cli.tour import clock
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.script import check
from lianyi.cli.tour.stage import Stage

AGENCY = "insurer"
MANY = 99  # messages


async def pay(stage: Stage, patient: Browser, name: str, label: str) -> None:
    """Pay what the agency leaves to the person; then it settles."""
    with stage.script.step(name, f"医保预结算、付个人部分、医保结算：{label}", "/bills") as step:
        bill = (await patient.get("/bills")).link(label)
        asked = await stage.until(patient, bill, "去支付")
        check(step, "看到医保和个人各付多少", holds=asked.says("基本医保", "个人支付"))
        await scan(stage, patient, bill)
        settled = await stage.until(patient, bill, "医保已结算")
        check(step, "有医保结算号", holds=settled.says("医保结算号"), seen=settled.words)


async def pay_unheard(stage: Stage, patient: Browser, name: str, label: str) -> None:
    """Pay while the agency settles and its answer is lost: it is found, never made twice."""
    with stage.script.step(name, f"医保已结算但没有答复：{label}", "/bills") as step:
        bill = (await patient.get("/bills")).link(label)
        await stage.until(patient, bill, "去支付")
        await stage.neighbour(AGENCY, "/faults", {"settle_unheard": 1})
        await scan(stage, patient, bill)
        waiting = await stage.until(patient, bill, "医保结算中")
        check(step, "请勿重复付款", holds=waiting.says("不要重复付款"), seen=waiting.words)
    with stage.script.step("平台", "一分钟后查询到已结算，没有重复收费", bill) as step:
        await clock.forward(stage, step, minutes=1)
        settled = await stage.until(patient, bill, "医保已结算")
        check(step, "已支付", holds=settled.says("已支付"), seen=settled.words)


async def pay_alone(stage: Stage, patient: Browser, name: str, label: str) -> None:
    """Pay alone what a closed agency doesn't answer about."""
    with stage.script.step(name, f"医保系统没有答复，选择自费：{label}", "/bills") as step:
        bill = (await patient.get("/bills")).link(label)
        page = await stage.until(patient, bill, "改为自费")
        check(step, "说明可等待也可自费", holds=page.says("可以继续等待"), seen=page.words)
        alone = await patient.submit(page, f"{bill}/self")
        check(step, "可以付全款", holds=alone.says("去支付", "自费"), seen=alone.words)
        await scan(stage, patient, bill)


@asynccontextmanager
async def closed(stage: Stage) -> AsyncIterator[None]:
    """Let the agency answer nothing for a while; it opens again however the while ends."""
    await stage.neighbour(AGENCY, "/faults", {"closed": MANY})
    try:
        yield
    finally:
        await stage.neighbour(AGENCY, "/faults", {})


async def scan(stage: Stage, patient: Browser, bill: str) -> None:
    """Order a code for a bill, scan it and see it paid."""
    await patient.submit(await patient.get(bill), "/pay")
    code = await stage.until(patient, f"{bill}/pay", "演示付款")
    await patient.submit(code, "/pay/demo")
    await stage.until(patient, f"{bill}/pay", "支付成功")
