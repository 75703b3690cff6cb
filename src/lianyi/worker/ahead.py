"""What is brought is read and checked aside while what came before it is written."""

import asyncio
import os
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

from lianyi.kernel import loop, process

B = TypeVar("B")
P = TypeVar("P")
AHEAD = 3  # blocks that are checked before they can be written


def checker() -> ProcessPoolExecutor:
    """Return the process that checks; it dies with this one."""
    return ProcessPoolExecutor(1, get_context("spawn"), _begin, (os.getpid(),))


def _begin(parent: int) -> None:
    process.tether(parent)
    loop.settle()


async def checked(
    blocks: AsyncIterator[tuple[bytes, B]], pool: Executor, check: Callable[[bytes], P]
) -> AsyncGenerator[tuple[B, P], None]:
    """Yield blocks in their order, each with what the check made of its bytes.

    Another process checks; while one block is written, the next is read.
    """
    here = asyncio.get_running_loop()
    waiting: deque[tuple[B, asyncio.Future[P]]] = deque()
    coming = asyncio.ensure_future(anext(blocks, None))
    try:
        while (one := await coming) is not None:
            coming = asyncio.ensure_future(anext(blocks, None))
            raw, block = one
            waiting.append((block, here.run_in_executor(pool, check, raw)))
            if len(waiting) > AHEAD:
                first, future = waiting.popleft()
                yield first, await future
        for first, future in waiting:
            yield first, await future
    finally:
        coming.cancel()
