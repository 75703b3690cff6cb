"""What is made ahead comes in its order, and its trouble to whoever waits for it."""

import threading

import pytest

from lianyi.kernel import ahead


async def test_the_next_is_made_while_the_last_is_used():
    begun = {n: threading.Event() for n in range(3)}

    def make(n):
        begun[n].set()
        return n * n

    made = []
    async for one, square in ahead.made(make, [0, 1, 2]):
        made.append((one, square))
        assert begun[min(one + 1, 2)].wait(10)  # though nobody has asked for it yet
    assert made == [(0, 0), (1, 1), (2, 4)]


async def test_what_fails_is_told_in_its_turn():
    shares = ahead.made(lambda n: 6 // n, [3, 2, 0])
    assert [await anext(shares) for _ in range(2)] == [(3, 2), (2, 3)]
    with pytest.raises(ZeroDivisionError):
        await anext(shares)


async def test_what_is_made_beside_is_ready_when_the_block_has_done_its_own():
    goes_on = threading.Event()

    def make():
        assert goes_on.wait(10)
        return 6

    async with ahead.beside(make) as coming:
        goes_on.set()
        assert await coming == 6


async def test_what_fails_beside_is_told_to_whoever_asks_for_it():
    async with ahead.beside(lambda: 6 // 0) as coming:
        with pytest.raises(ZeroDivisionError):
            await coming


async def test_whoever_breaks_off_is_told_their_own_trouble():
    with pytest.raises(KeyError):
        async with ahead.beside(lambda: 6 // 0):
            raise KeyError
