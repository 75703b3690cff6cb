"""Writes what leaves in bulk, file by file, and removes what is over: an act for each file.

What is written is told by its row. A worker that dies takes up where the last row is.
"""

import asyncio
from collections.abc import Sequence
from functools import partial

from lianyi.access import queries as leaving
from lianyi.access.errors import GroundGone
from lianyi.access.model.exports import Export
from lianyi.access.service import exports
from lianyi.journeys import bulk_export
from lianyi.kernel.actor import Actor, system
from lianyi.kernel.lifecycle import WrongState
from lianyi.kernel.work import App, reading, within
from lianyi.records.model.parts import Part
from lianyi.records.service import parts
from lianyi.worker.deliver import WORKER


async def step(app: App) -> int:
    """Do the next piece of work, and return whether there was one."""
    await _tidy(app)
    export = await reading(app, WORKER, leaving.next_export)
    if export is None:
        return 0
    if export.as_of and not await _is_settled(app, export):
        return 0
    hat = system("bulk_export", export.institution_id)
    try:
        taken = await within(app, hat, partial(bulk_export.claim, export=export))
        await _write(app, hat, export, taken)
    except GroundGone:
        await within(app, hat, partial(bulk_export.end, export=export))
    except WrongState:  # it was cancelled meanwhile
        return 1
    return 1


async def _write(app: App, hat: Actor, export: Export, taken: Sequence[Part]) -> None:
    """Write files side by side, each an act of its own; the first trouble is told when all end."""
    acts = [
        within(app, hat, partial(bulk_export.write, export=export, part=part)) for part in taken
    ]
    for done in await asyncio.gather(*acts, return_exceptions=True):
        if isinstance(done, BaseException):
            raise done


async def _is_settled(app: App, export: Export) -> bool:
    return await reading(app, WORKER, partial(leaving.is_settled, export_id=export.id))


async def _tidy(app: App) -> None:
    ids = await reading(app, WORKER, leaving.untidy_exports)
    for id in ids:
        await asyncio.to_thread(parts.remove, app.files, id)
    if ids:
        await within(app, WORKER, partial(exports.tidied, ids=ids))
