"""A real browser and a real server, each started once."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from shutil import which

import pytest
from playwright.sync_api import sync_playwright
from starlette.middleware import Middleware

from lianyi.cli import addresses
from lianyi.cli.tour import stage
from lianyi.cli.tour.script import Script
from lianyi.kernel.config import Config
from tests.browser import look, serve
from tests.browser.person import DESK, Person
from tests.cli import homes
from tests.cli.installation import Installation
from tests.web.gallery import Demo, gallery

SHOWN = re.compile(r"(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2})")
HALF_PAST_SEVEN = timedelta(hours=7, minutes=30)
SATURDAY = 5
# The shell has no windows of its own to draw: half the work of a visit to a page.
CHROMIUM = which("chromium-headless-shell") or "/usr/bin/chromium"
ARGUMENTS = ("--disable-dev-shm-usage", "--font-render-hinting=none", "--no-sandbox")


@pytest.fixture(scope="session")
def address():
    with serve.served(gallery(Middleware(Demo))) as address:
        yield address


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return the folder of a town's pictures and documents."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="session")
def window(chromium, address):
    with opened(chromium, address) as page:
        yield page


@pytest.fixture
def page(window):
    yield window
    leave(window)


@pytest.fixture(scope="module")
def demo(chromium, shared):
    """Start a demo on a working morning."""
    with homes.seeded(shared) as home, Installation(home) as running:
        operator = Person(chromium, running.address, DESK).works("o01").go("/admin/health")
        date, clock = SHOWN.search(operator.page.locator(".demo-bar").inner_text()).groups()
        now = datetime.fromisoformat(f"{date} {clock}")
        forward(operator, (morning_after(now) - now) // timedelta(minutes=1))
        operator.sees("07:3")
        operator.close()
        yield running


@pytest.fixture(scope="module")
def site(demo):
    return demo.address


@pytest.fixture(scope="module")
def chair(chromium, site):
    """Lend one browser of a standing site to one after the other: a new one costs more."""
    with opened(chromium, site[0]) as page:
        yield page


@pytest.fixture
def seat(chromium, site, chair):
    """Open a page of a standing site, as whose session it is, in a browser of their own."""
    address, _ = site
    with ExitStack() as others:
        free = [chair]

        def seated(token, path="", **cookies):
            page = free.pop() if free else others.enter_context(opened(chromium, address))
            given = {"lianyi": token, **cookies} if token else cookies
            kept = [{"name": n, "value": v, "url": address} for n, v in given.items()]
            page.context.add_cookies(kept)
            if path:
                assert page.goto(path).status == 200
            return page

        yield seated
    leave(chair)


@pytest.fixture
def person(chromium, site):
    """Seat somebody at a browser; `person(DESK)` at a large one."""
    seated = []

    def sit(**size):
        seated.append(Person(chromium, site, **size))
        return seated[-1]

    yield sit
    for one in seated:
        one.close()


@pytest.fixture
def before(demo):
    """Play what came before a walk, by HTTP as the tour does, and return what it returns."""
    found = addresses.read(Config(home=Path(demo.home), demo=True))

    async def play(act, *given, **more):
        script = Script(lambda _: None)
        async with stage.opened(found, script) as here:
            with script.step("before", "the walk") as step:
                return await act(here, step, *given, **more)

    def played(act, *given, **more):
        with ThreadPoolExecutor() as apart:  # the browser has an event loop of its own here
            return apart.submit(asyncio.run, play(act, *given, **more)).result()

    return played


@contextmanager
def opened(chromium, address):
    context = chromium.new_context(base_url=address, viewport=look.WINDOW, **look.STILL)
    page = context.new_page()
    look.listen(page)
    yield page
    context.close()


def leave(page):
    """Make a page what it was when it was opened, for somebody else."""
    page.goto("about:blank")
    page.context.clear_cookies()
    page.set_viewport_size(look.WINDOW)
    page.emulate_media(media="screen", color_scheme="light")
    page.complaints.clear()


def forward(operator, minutes):
    """Let the operator of a demo move its clock on."""
    operator.press("快进")
    button = operator.page.locator("button[name=minutes]").first
    button.evaluate("(button, value) => { button.value = value }", str(minutes))
    button.click()


def morning_after(now):
    day = now.replace(hour=0, minute=0)
    while day + HALF_PAST_SEVEN <= now or day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return day + HALF_PAST_SEVEN
