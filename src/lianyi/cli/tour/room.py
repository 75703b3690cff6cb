"""What every visit in person begins with: a number, the check-in, the call into the room (到诊)."""

import re

from lianyi.cli.demo import network
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.page import Page
from lianyi.cli.tour.script import Failed, Step, check
from lianyi.cli.tour.visit import DEPTH, sessions

HOSPITAL, HERE = "province", "省一院"
DESK = "/clinic"
INSIDE = "继续接诊"


def name_of(login: str) -> str:
    return next(one.name for one in network.load().staff if one.login == login)


async def arrive(step: Step, patient: Browser) -> tuple[Page, str]:
    """Book at the hospital and check in; return the page of who waits and the doctor's login."""
    times, login = await find(patient)
    form = times.form("/book/sessions/")
    kept = await patient.send(times, form, starts_at=form.choices["starts_at"][0])
    waiting = await patient.submit(await patient.submit(kept, "/confirm"), "/check-in")
    check(step, "候诊中", holds=waiting.says("前面还有"), seen=waiting.words)
    return waiting, login


async def find(browser: Browser) -> tuple[Page, str]:
    """Look for somebody of the hospital with the laboratory who is paid at the visit."""
    doctors = {one.name: one.login for one in network.load().staff if one.institution == HOSPITAL}
    async for page in sessions(browser, await browser.get("/book"), DEPTH):
        name = next((name for name in doctors if page.says(name)), None)
        if name and page.says("到院支付", "08:00") and not page.says("儿科"):
            return page, doctors[name]
    raise Failed("没有可约的号")


async def call_in(doctor: Browser, name: str) -> Page:
    """Call until it is this patient's turn and let them in.

    Whoever is still inside, or is called before, is seen and leaves.
    """
    page = await doctor.get(DESK)
    while True:
        if page.says(INSIDE):
            called = await doctor.get(page.link(INSIDE))
        else:
            called = await doctor.submit(page, f"{DESK}/call")
        inside = await let_in(doctor, called)
        if f"<h1>{name}</h1>" in called.html:
            return inside
        page = await doctor.submit(inside, f"{DESK}/finish")


async def let_in(doctor: Browser, called: Page) -> Page:
    begun = any(form.action.endswith(f"{DESK}/finish") for form in called.forms)
    return called if begun else await doctor.submit(called, f"{DESK}/start")


async def wear(browser: Browser, place: str = HERE) -> None:
    """Choose the post at the hospital or another place, for those who have several."""
    posts = await browser.get("/sign-in/post")
    for button in re.findall(r'<button class="post".*?</button>', posts.html, re.DOTALL):
        if re.search(rf">{place}[<·]", button):
            chosen = re.search(r'value="([^"]+)"', button)
            await browser.submit(posts, "/sign-in/post", post=chosen[1] if chosen else "")
            return
