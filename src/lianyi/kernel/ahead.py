"""What is needed next is made in a thread while something else goes on."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import zip_longest
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


async def made(make: Callable[[A], B], things: Sequence[A]) -> AsyncGenerator[tuple[A, B], None]:
    """Yield each thing, of which there are some, with what is made of it."""
    loop = asyncio.get_running_loop()
    coming = loop.run_in_executor(None, make, things[0])
    try:
        for one, following in zip_longest(things, things[1:]):
            ready = await coming
            if following is not None:
                coming = loop.run_in_executor(None, make, following)
            yield one, ready
    finally:
        coming.cancel()  # whoever breaks off asks for no more


@asynccontextmanager
async def beside(make: Callable[[], B]) -> AsyncIterator["asyncio.Future[B]"]:
    """Make something in a thread while the block waits for something else."""
    coming = asyncio.get_running_loop().run_in_executor(None, make)
    try:
        yield coming
    finally:
        coming.cancel()
