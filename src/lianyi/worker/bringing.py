"""Takes in what is brought in bulk, some lines an act; another process checks them ahead."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import aclosing
from functools import partial

from lianyi.access.errors import GroundGone
from lianyi.journeys import bulk_import
from lianyi.kernel import measured, profile
from lianyi.kernel.actor import system
from lianyi.kernel.lifecycle import WrongState
from lianyi.kernel.refusal import Refused, Unavailable
from lianyi.kernel.work import App, reading, within
from lianyi.records import queries as records
from lianyi.records.errors import BrokenDelivery
from lianyi.records.model import Parcel
from lianyi.records.model.bringing import Bringing, Delivered
from lianyi.records.service import delivering
from lianyi.records.service.delivering import Block
from lianyi.worker import ahead
from lianyi.worker.deliver import WORKER


async def step(app: App, stop: asyncio.Event, pool: Executor | None = None) -> int:
    """Take in one import as far as it goes, and return whether there was one."""
    await _tidy(app)
    one = await reading(app, WORKER, records.next_bringing)
    if one is None:
        return 0
    tries = partial(delivering.count_try, import_id=one.id)
    if await within(app, WORKER, tries) > bulk_import.MOST_TRIES:
        await _end(app, one, "fail")
        return 1
    if pool:
        await _run(app, one, pool, stop)
        return 1
    with ahead.checker() as own:
        await _run(app, one, own, stop)
    return 1


async def _run(app: App, one: Bringing, pool: Executor, stop: asyncio.Event) -> None:
    try:
        if await Taking(app, one, pool, stop).run():
            await measured.look_again(app)
            await _end(app, one, "finish")
    except GroundGone:
        await _end(app, one, "cancel")
    except BrokenDelivery:
        await _end(app, one, "fail")
    except WrongState:  # it was cancelled meanwhile
        return


class Taking:
    """One run over the files of an import, from where the last one ended."""

    def __init__(self, app: App, one: Bringing, pool: Executor, stop: asyncio.Event) -> None:
        self._app, self._one, self._pool, self._stop = app, one, pool, stop
        self._hat = system("import", one.institution_id)
        zone = profile.at(app.clock()).zone
        self._check = partial(delivering.unpack_lines, holder_id=one.institution_id, zone=zone)

    async def run(self) -> bool:
        """Return whether all of it was read; if not, a later run goes on."""
        ask = partial(records.delivered, import_id=self._one.id)
        for file in await reading(self._app, self._hat, ask):
            if not file.is_whole and not await self._read(file):
                return False
        return True

    async def _read(self, file: Delivered) -> bool:
        place = file.place
        async with aclosing(ahead.checked(self._blocks(file), self._pool, self._check)) as found:
            async for block, parcel in found:
                if self._stop.is_set() or not await self._goes_on():
                    return False
                await self._take(file, block, parcel)
                place = block.place
        done = partial(delivering.whole, import_id=self._one.id, file=file, place=place)
        await within(self._app, self._hat, done)
        return True

    async def _take(self, file: Delivered, block: Block, parcel: Parcel) -> None:
        """Take in some lines; if that can't be, line by line, so that the others enter."""
        act = partial(bulk_import.take, bringing=self._one, file=file)
        try:
            verb = partial(act, place=block.place, parcel=parcel)
            await within(self._app, self._hat, verb)
        except (Unavailable, GroundGone):
            raise
        except Refused as refused:
            lines = block.raw.splitlines(keepends=True)
            if len(lines) == 1:
                no = partial(bulk_import.refuse, bringing=self._one, file=file, why=refused.code)
                await within(self._app, self._hat, partial(no, place=block.place, parcel=parcel))
                return
            place = block.place - len(block.raw)
            for line in lines:
                place += len(line)
                alone = await asyncio.to_thread(self._check, line)
                await self._take(file, Block(line, place), alone)

    async def _blocks(self, file: Delivered) -> AsyncIterator[tuple[bytes, Block]]:
        ask = partial(delivering.sources, bringing=self._one, file=file)
        found = delivering.blocks(await within(self._app, self._hat, ask), file.place)
        while (block := await asyncio.to_thread(next, found, None)) is not None:
            yield block.raw, block

    async def _goes_on(self) -> bool:
        found = await reading(self._app, self._hat, records.next_bringing)
        return found is not None and found.id == self._one.id


async def _end(app: App, one: Bringing, verb: str) -> None:
    hat = system("import", one.institution_id)
    await within(app, hat, partial(delivering.end, import_id=one.id, verb=verb))


async def _tidy(app: App) -> None:
    ids = await reading(app, WORKER, records.untidy_bringings)
    for id in ids:
        folder = app.files / delivering.FOLDER / id.hex
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    if ids:
        await within(app, WORKER, partial(delivering.tidied, ids=ids))
