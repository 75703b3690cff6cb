"""Somebody at a browser of their own, who reads what a page says and presses what it offers."""

import re
from time import monotonic
from urllib.parse import urlsplit

from playwright.sync_api import TimeoutError as NotInTime

from lianyi.journeys.demo import PASSWORD
from tests.browser import look

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
PATIENCE = 60_000  # milliseconds: three browsers and their sites share a machine
LONGEST = 180  # seconds that a walk may take on a busy machine


class Person:
    """`site` is the demo they use; what they see is found by its words, never by its markup."""

    def __init__(self, chromium, site, size=PHONE):
        self.context = chromium.new_context(base_url=site, viewport=size, **look.STILL)
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.site = site
        self.deadline = monotonic() + LONGEST

    def close(self):
        self.context.close()

    @property
    def path(self):
        return urlsplit(self.page.url).path

    def go(self, path):
        self.page.goto(path)
        return self

    def press(self, words):
        """Press the button, link or summary that says this."""
        things = "button, a[href], summary"
        self.page.locator(things).filter(has_text=words, visible=True).first.click()
        return self

    def follow(self, words):
        """Go where the link that says this leads."""
        with self.page.expect_navigation():
            self.page.locator("a[href]").filter(has_text=words, visible=True).first.click()
        return self

    def press_beside(self, beside, words):
        """Press what says this in the item of a list that says something else too."""
        button = self.page.locator("button").filter(has_text=words)
        self.page.locator("li").filter(has_text=beside, has=button).first.locator(button).click()
        return self

    def admits(self):
        """Press the red button that a reason has been given for."""
        self.page.locator("details[open] button.bad").first.click()
        return self

    def fill(self, label, text):
        self.page.get_by_label(label).first.fill(text)
        return self

    def choose(self, label, option):
        self.page.get_by_label(label).first.select_option(label=option)
        return self

    def sees(self, *words):
        """Wait until the page says all of this, as somebody does who looks at it."""
        for word in words:
            try:
                self.page.get_by_text(word).filter(visible=True).first.wait_for()
            except NotInTime as trouble:
                shown = self.page.locator("main").inner_text()
                raise AssertionError(f"{word!r} is not on {self.path}: {shown}") from trouble
        return self

    def until(self, words):
        """Look at the page again until it says this: not every page hears of what happens."""
        while self.misses(words):
            self._looks_again()
        return self

    def until_gone(self, words):
        """Look at the page again until it says this no more."""
        while not self.misses(words):
            self._looks_again()
        return self

    def _looks_again(self):
        assert monotonic() < self.deadline, self.page.locator("main").inner_text()
        self.page.reload()

    def misses(self, words):
        return self.page.get_by_text(words).filter(visible=True).count() == 0

    def ways(self, pattern):
        """Return where the page leads to, of one kind of page."""
        found = self.page.locator("a[href]").evaluate_all("all => all.map(a => a.pathname)")
        return [way for way in dict.fromkeys(found) if re.fullmatch(pattern, way)]

    def queries(self, name):
        """Return the queries of links that choose a value of this name."""
        found = self.page.locator("a[href]").evaluate_all("all => all.map(a => a.search)")
        return [query for query in dict.fromkeys(found) if f"{name}=" in query]

    def signs_in(self, phone):
        """Come in by the code that the phone received."""
        had = len(self._codes(phone))
        self.go("/sign-in").fill("手机号码", phone).press("获取验证码").sees("验证码已发送")
        self.fill("短信验证码", self._newest(phone, had)).press("登录")
        self.page.wait_for_url(lambda url: "/sign-in" not in url)
        return self

    def works(self, login, place="省一院"):
        """Come in as a member of staff, by password and one-time code; whoever has several posts
        puts on that at this place.
        """
        code = re.search(r"动态验证码：(\d{6})", self._inbox(f"login={login}"))[1]
        self.go("/sign-in/staff").fill("用户名", login).fill("密码", PASSWORD)
        self.fill("动态验证码", code).press("登录")
        self.page.wait_for_url(lambda url: "/sign-in/staff" not in url)
        if self.path == "/sign-in/post":
            post = re.compile(rf"{place}(·|\s|$)")
            self.page.locator("button.post").filter(has_text=post).first.click()
            self.page.wait_for_url(lambda url: "/sign-in/post" not in url)
        return self

    def _newest(self, phone, had):
        while len(codes := self._codes(phone)) <= had:
            self.page.wait_for_timeout(50)
        return codes[0]

    def _codes(self, phone):
        return re.findall(r"验证码(\d{6})", self._inbox(f"phone={phone}"))

    def _inbox(self, query):
        return self.context.request.get(f"{self.site}/demo/inbox?{query}").text()

    def messages(self, phone):
        return self._inbox(f"phone={phone}")
