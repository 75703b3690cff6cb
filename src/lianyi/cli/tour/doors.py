"""Scene: everybody comes through their own door."""

from lianyi.cli.tour.script import check
from lianyi.cli.tour.stage import Stage

STAFF = (
    ("d01", "王建平医师"),
    ("p01", "冯玉兰药师"),
    ("c01", "姚丽收费员"),
    ("a01", "汪洋医务部主任"),
    ("h01", "卫健委熊岩"),
    ("o01", "平台顾言"),
)


async def scene(stage: Stage) -> None:
    await _a_phone_proves_a_phone(stage)
    for login, who in STAFF:
        with stage.script.step(who, "用密码和动态验证码登录", "/sign-in/staff") as step:
            await stage.staff(step, login)


async def _a_phone_proves_a_phone(stage: Stage) -> None:
    with stage.script.step("张强", "用手机验证码登录", "/sign-in") as step:
        browser = await stage.resident(step, "19905311003")
    with stage.script.step("张强", "用别人的验证码登录被拒绝", "/sign-in") as step:
        asked = await browser.submit(
            await browser.get("/sign-in"), "/sign-in/code", phone="19905319999"
        )
        wrong = await browser.submit(asked, "/sign-in", code="000000")
        check(step, "说明该怎么办", holds=wrong.says("验证码不对或已失效"), seen=wrong.words)
