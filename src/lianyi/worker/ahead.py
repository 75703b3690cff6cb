"""What is brought is read and checked aside while what came before it is written."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import Executor
from typing import TypeVar

B = TypeVar("B")
P = TypeVar("P")
AHEAD = 3  # blocks that are checked before they can be written


async def checked(
    blocks: AsyncIterator[tuple[bytes, B]], pool: Executor, check: Callable[[bytes], P]
) -> AsyncGenerator[tuple[B, P], None]:
    """Yield blocks in their order, each with what the check made of its bytes.

    Another process checks; while one block is written, the next is read.
    """
    loop = asyncio.get_running_loop()
    waiting: deque[tuple[B, asyncio.Future[P]]] = deque()
    coming = asyncio.ensure_future(anext(blocks, None))
    try:
        while (one := await coming) is not None:
            coming = asyncio.ensure_future(anext(blocks, None))
            raw, block = one
            waiting.append((block, loop.run_in_executor(pool, check, raw)))
            if len(waiting) > AHEAD:
                first, future = waiting.popleft()
                yield first, await future
        for first, future in waiting:
            yield first, await future
    finally:
        coming.cancel()
