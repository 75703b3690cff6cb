"""Somebody who has never been here: invented for one play, known to the identity service."""

from dataclasses import dataclass, replace
from random import Random

from stdnum.cn import ric

from lianyi.cli.tour.browser import Browser
from lianyi.cli.tour.page import Page
from lianyi.cli.tour.script import Step, check
from lianyi.cli.tour.stage import Stage

NAMES = ("江晓月", "江一帆", "江若水", "江长青")
ADULTS, CHILDREN = (1970, 1999), (2019, 2023)  # years of birth


@dataclass(frozen=True, slots=True)
class Newcomer:
    name: str
    number: str
    phone: str

    @property
    def masked(self) -> str:
        return f"{self.name[0]}*{self.name[2:]}"


def invent(random: Random, name: str = "", years: tuple[int, int] = ADULTS) -> Newcomer:
    born = f"{random.randint(*years)}{random.randrange(1, 13):02d}{random.randrange(1, 28):02d}"
    body = f"370102{born}{random.randrange(100, 999)}"
    number = body + ric.calc_check_digit(body + "0")
    return Newcomer(name or random.choice(NAMES), number, _phone(random))


def on_another_phone(who: Newcomer, random: Random) -> Newcomer:
    return replace(who, phone=_phone(random))


async def made_known(stage: Stage, *all: Newcomer) -> None:
    """Tell the identity service that these people and phones belong together."""
    people = [{"name": one.name, "id_number": one.number, "phone": one.phone} for one in all]
    await stage.neighbour("identity", "/people", people)


async def apply(stage: Stage, step: Step, who: Newcomer) -> Browser:
    """Prove the phone and ask for a card."""
    browser = await stage.resident(step, who.phone)
    page = await browser.get("/card/open")
    await browser.submit(page, "/card/open", name=who.name, number=who.number, agreed="1")
    return browser


async def come_in(stage: Stage, step: Step, who: Newcomer) -> Page:
    """Wait for the card and come in with it."""
    browser = await stage.browser(who.phone)
    opened = await stage.until(browser, "/", "健康卡已开通")
    home = await browser.submit(opened, "/card/come-in")
    check(step, "首页出示健康卡", holds=home.says(who.name, "秒后刷新"), seen=home.words)
    return home


def _phone(random: Random) -> str:
    return f"199053{random.randrange(2, 10)}{random.randrange(10**4):04d}"
