import asyncio
from itertools import pairwise

import pytest

from lianyi.kernel.together import Together


class Desk:
    """Answers rounds only when it is told to, and remembers them."""

    def __init__(self):
        self.rounds, self.open, self.asked = [], asyncio.Event(), asyncio.Event()

    async def fetch(self, keys):
        self.rounds.append(sorted(keys))
        self.asked.set()
        await self.open.wait()
        if "bad" in keys:
            raise LookupError
        return {key: key.upper() for key in keys if key != "nobody"}


async def test_who_comes_while_a_round_is_under_way_shares_the_next():
    desk = Desk()
    together = Together(desk.fetch)
    first = asyncio.create_task(together.ask("a"))
    await desk.asked.wait()
    others = [asyncio.create_task(together.ask(key)) for key in ("b", "c", "b", "a")]
    await asyncio.sleep(0)
    desk.open.set()
    assert await asyncio.gather(first, *others) == ["A", "B", "C", "B", "A"]
    assert desk.rounds == [["a"], ["a", "b", "c"]]


async def test_what_there_is_not_is_none():
    desk = Desk()
    desk.open.set()
    assert await Together(desk.fetch).ask("nobody") is None


async def test_trouble_is_for_those_of_its_round_only():
    desk = Desk()
    desk.open.set()
    together = Together(desk.fetch)
    with pytest.raises(LookupError):
        await together.ask("bad")
    assert await together.ask("good") == "GOOD"


async def test_who_has_gone_holds_up_nobody():
    desk = Desk()
    together = Together(desk.fetch)
    gone, stays = (asyncio.create_task(together.ask(key)) for key in ("a", "b"))
    await asyncio.sleep(0)
    gone.cancel()
    desk.open.set()
    assert await stays == "B"


class Distant(Desk):
    """Takes longer to answer than who is answered takes to ask again."""

    async def fetch(self, keys):
        self.asked.set()
        for _ in range(10):
            await asyncio.sleep(0)
        return await super().fetch(keys)


async def test_in_turns_those_who_keep_asking_fall_into_two_halves():
    desk = Distant()
    together = Together(desk.fetch, in_turns=True)
    desk.open.set()

    async def keeps_asking(key):
        for _ in range(6):
            await together.ask(key)

    first = asyncio.create_task(keeps_asking("a"))
    await desk.asked.wait()
    await asyncio.gather(first, *(keeps_asking(key) for key in "bcdefgh"))
    assert sum(map(len, desk.rounds)) == 48
    halves = desk.rounds[2:-2]
    assert {len(each) for each in halves} == {4}
    assert all(set(one).isdisjoint(other) for one, other in pairwise(halves))
