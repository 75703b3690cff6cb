"""What many ask for at the same moment is asked of the database once for all of them.

Nobody waits for company: the first asks at once, and who comes meanwhile shares the next round. So
an answer is never older than its question.

With `in_turns` a round takes at most half of those who keep asking: while the database looks for
one half, this process works for the other. If all went at once, each would wait for the other.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from itertools import islice
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Together(Generic[K, V]):
    """`fetch` gives what there is for some keys, `most` at once; one round is under way."""

    def __init__(
        self,
        fetch: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]],
        most: int | None = None,
        *,
        in_turns: bool = False,
    ) -> None:
        self._fetch, self._most, self._in_turns = fetch, most, in_turns
        self._before = 0  # how many the round before this one took
        self._asked: dict[K, list[asyncio.Future[V | None]]] = {}
        self._rounds: asyncio.Task[None] | None = None

    async def ask(self, key: K) -> V | None:
        """Return what there is for a key, or None. Raises what the round raised."""
        mine: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._asked.setdefault(key, []).append(mine)
        if self._rounds is None:
            self._rounds = asyncio.create_task(self._go_round())
        return await mine

    async def _go_round(self) -> None:
        while self._asked:
            asked = dict(islice(self._asked.items(), self._size()))
            for key in asked:
                del self._asked[key]
            self._before = len(asked)
            await self._answer(asked)
        self._rounds, self._before = None, 0

    def _size(self) -> int:
        """Return how many go next, of those who wait."""
        waiting = len(self._asked)
        most = self._most or waiting
        if self._in_turns and self._before:
            return min(most, (self._before + waiting + 1) // 2)
        return most

    async def _answer(self, asked: Mapping[K, Sequence[asyncio.Future[V | None]]]) -> None:
        found: Mapping[K, V] = {}
        trouble: Exception | None = None
        try:
            found = await self._fetch(tuple(asked))
        except Exception as raised:  # noqa: BLE001 - it is theirs who asked
            trouble = raised
        for key, waiting in asked.items():
            for one in waiting:
                _settle(one, found.get(key), trouble)


def _settle(one: asyncio.Future[V | None], value: V | None, trouble: Exception | None) -> None:
    if one.done():  # who asked has gone
        return
    if trouble is None:
        one.set_result(value)
    else:
        one.set_exception(trouble)
