"""Brings what resources are found by up to what this version finds them by, before pages open.

Until then a search would miss what it should find, and nobody could tell. Each batch is a
transaction, so that a start that was broken off goes on where it stopped.
"""

from collections.abc import Callable
from functools import partial

from lianyi import main
from lianyi.kernel.actor import NOWHERE, system
from lianyi.kernel.config import Config
from lianyi.kernel.work import within
from lianyi.records import service as records

HAT = system("filing", NOWHERE)
BATCH = 500
PAGES = 2000  # of 8 kB


async def catch_up(config: Config, progress: Callable[[int], None]) -> None:
    async with main.pool(config) as connections:
        app = main.app(config, connections)
        while done := await within(app, HAT, partial(records.refile, limit=BATCH)):
            progress(done)


async def sweep(config: Config, progress: Callable[[int], None]) -> None:
    """Let go what is filed twice. Until then it takes room and is asked for by nobody."""
    async with main.pool(config) as connections:
        app = main.app(config, connections)
        while done := await within(app, HAT, partial(records.sweep, pages=PAGES)):
            progress(done)
