"""Where a tour is played: a running demo, and everybody's browser in it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from random import Random, SystemRandom
from urllib.parse import urlsplit

import httpx

from lianyi.cli.addresses import Addresses
from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.page import Page
from lianyi.cli.tour.script import Script, Step, check
from lianyi.journeys.demo import PASSWORD

LOOKS, PAUSE = 400, 0.05  # looks, and seconds between two
PHONE_CODE = re.compile(r"验证码(\d{6})")
STAFF_CODE = re.compile(r"动态验证码：(\d{6})")


@dataclass(slots=True)
class Stage:
    """One play. A person keeps one browser through all scenes."""

    addresses: Addresses
    script: Script
    stack: AsyncExitStack
    random: Random = field(default_factory=SystemRandom)
    browsers: dict[str, Browser] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)  # what a later scene goes back to

    async def browser(self, name: str) -> Browser:
        if name not in self.browsers:
            browser = Browser(self.addresses.site, name)
            self.browsers[name] = await self.stack.enter_async_context(browser)
        return self.browsers[name]

    async def resident(self, step: Step, phone: str) -> Browser:
        """Sign somebody in by the code their phone received, unless they still are."""
        browser = await self.browser(phone)
        if await _is_in(browser, "/me"):
            return browser
        inbox = f"/demo/inbox?phone={phone}"
        had = len(await self._codes(inbox, PHONE_CODE))  # only the newest code is good
        asked = await browser.submit(await browser.get("/sign-in"), "/sign-in/code", phone=phone)
        check(step, "短信已发送", holds=asked.says("验证码已发送"), seen=asked.words)
        code = await self._seen(inbox, PHONE_CODE, had)
        page = await browser.submit(asked, "/sign-in", code=code)
        check(step, "已登录", holds="lianyi" in browser.cookies, seen=page.words)
        return browser

    async def staff(self, step: Step, login: str) -> Browser:
        """Sign a member of staff in by password and one-time code, unless they still are."""
        browser = await self.browser(login)
        if await _is_in(browser, "/account"):
            return browser
        code = await self.staff_code(login)
        door = await browser.get("/sign-in/staff")
        page = await browser.submit(
            door, "/sign-in/staff", name=login, password=PASSWORD, code=code
        )
        check(step, "已登录", holds="lianyi" in browser.cookies, seen=page.words)
        return browser

    async def staff_code(self, login: str) -> str:
        """Read the one-time code of a member of staff, which works once a minute."""
        return await self._seen(f"/demo/inbox?login={login}", STAFF_CODE)

    async def until(self, browser: Browser, path: str, words: str) -> Page:
        """Look at a page, as a person who waits does, until it says these words."""
        for _ in range(LOOKS):
            page = await browser.get(path)
            if page.says(words):
                return page
            await self.pause()
        raise TimeoutError(f"{words}: {page.words[:300]}")

    async def until_gone(self, browser: Browser, path: str, words: str) -> Page:
        """Look at a page until it says these words no more."""
        for _ in range(LOOKS):
            page = await browser.get(path)
            if not page.says(words):
                return page
            await self.pause()
        raise TimeoutError(f"{words}: {page.words[:300]}")

    async def neighbour(self, name: str, path: str, body: object) -> None:
        """Tell one of the demo's simulated neighbours something about its own world."""
        async with httpx.AsyncClient(base_url=self.addresses.links[name]) as http:
            (await http.post(path, json=body)).raise_for_status()

    async def pause(self) -> None:
        """Wait a moment, which the step that is being played has to answer for."""
        await asyncio.sleep(PAUSE)
        self.script.waited(PAUSE)

    async def _seen(self, path: str, wanted: re.Pattern[str], had: int = 0) -> str:
        """Look into the demo's inbox until more has arrived than there was; newest first."""
        for _ in range(LOOKS):
            codes = await self._codes(path, wanted)
            if len(codes) > had:
                return codes[0]
            await self.pause()
        raise TimeoutError(path)

    async def _codes(self, path: str, wanted: re.Pattern[str]) -> list[str]:
        browser = await self.browser("inbox")
        return wanted.findall((await browser.get(path)).words)


async def _is_in(browser: Browser, own: str) -> bool:
    """Return whether a session lives on: the clock may have moved past its patience."""
    if "lianyi" not in browser.cookies:
        return False
    if urlsplit((await browser.get(own)).url).path == own:
        return True
    browser.cookies.clear()
    return False


@asynccontextmanager
async def opened(addresses: Addresses, script: Script) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        yield Stage(addresses, script, stack)
