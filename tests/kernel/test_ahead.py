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
