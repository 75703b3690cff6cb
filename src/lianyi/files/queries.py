"""What others may ask about files. Whatever shows one wants the chart of the person it is about."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from lianyi.access.model import Chart
from lianyi.files import tables
from lianyi.files.errors import ContentLost, NoSuchFile
from lianyi.files.model import Content, File
from lianyi.kernel.work import Tx


async def files_by_id(tx: Tx, chart: Chart, *, ids: Sequence[UUID]) -> dict[UUID, File]:
    """Return those of these files that the chart may show."""
    return {file.id: file for file in await tables.list_by_id(tx, chart, ids)}


async def content(tx: Tx, chart: Chart, *, file_id: UUID) -> Content:
    """Return a file of the chart's person with what is in it.

    :raises NoSuchFile: also if this chart may not know of it.
    :raises ContentLost:
    """
    file = (await files_by_id(tx, chart, ids=[file_id])).get(file_id)
    if file is None:
        raise NoSuchFile(id=file_id)
    keys = await tables.tenant_keys(tx, file.institution_id)
    path = tables.path_of(tx.files, file.institution_id, file.digest)
    found = None if keys is None else await asyncio.to_thread(tables.read, path, keys, file.digest)
    if found is None:
        raise ContentLost(id=file_id)
    return Content(file, found)
