"""Scene: the operator lets the demo's clock run to a working morning, so that nobody waits."""

import re
from datetime import datetime, timedelta

from lianyi.cli.tour.page import Page
from lianyi.cli.tour.script import Step, check
from lianyi.cli.tour.stage import Stage

SHOWN = re.compile(r"(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2})")
SATURDAY = 5
BEGINS = timedelta(hours=7, minutes=30)
OPENS, NOON = timedelta(hours=9), timedelta(hours=10, minutes=45)
MINUTE = timedelta(minutes=1)


async def scene(stage: Stage) -> None:
    with stage.script.step("平台顾言", "把演示时钟拨到工作日早上七点半", "/demo/clock") as step:
        operator = await stage.staff(step, "o01")
        page = await operator.get("/admin/health")
        now = shown(page)
        ahead = (_morning(now) - now) // MINUTE
        if ahead:
            page = await operator.submit(page, "/demo/clock", minutes=ahead, back="/admin/health")
        check(step, "时钟已到", holds=shown(page).strftime("%H:%M") == "07:30", seen=page.words)


async def forward(stage: Stage, step: Step, minutes: int) -> None:
    """Let the operator move the clock on, signing in anew where the session has run out."""
    operator = await stage.staff(step, "o01")
    page = await operator.get("/admin/health")
    await operator.submit(page, "/demo/clock", minutes=minutes, back="/admin/health")


def shown(page: Page) -> datetime:
    """Return the time in the bar of the demo, as the place's clocks show it."""
    found = SHOWN.search(page.words)
    if found is None:
        raise LookupError(page.words[:200])
    return datetime.fromisoformat(f"{found[1]} {found[2]}")


def until_work(now: datetime) -> int:
    """Return the minutes until nine on the next working day; nothing on a working morning."""
    if now.weekday() < SATURDAY and OPENS <= now - now.replace(hour=0, minute=0) < NOON:
        return 0
    day = now.replace(hour=0, minute=0)
    while day + OPENS < now or day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return (day + OPENS - now) // MINUTE


def _morning(now: datetime) -> datetime:
    """Return half past seven of this working day, or of the next one."""
    day = now.replace(hour=0, minute=0)
    while day + BEGINS < now or day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return day + BEGINS
