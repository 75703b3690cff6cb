"""Filing anew what was stored when resources were found by less than they are now, or by more."""

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import orjson

from lianyi.kernel import profile
from lianyi.kernel.work import Tx
from lianyi.records.fhir import index
from lianyi.records.model import Resource
from lianyi.records.service.publishing import classes_of
from lianyi.records.tables import index as tables

if TYPE_CHECKING:
    from asyncpg import Record


async def refile(tx: Tx, *, limit: int) -> int:
    """File the next resources that are behind, and return how many they were."""
    zone = profile.at(tx.now).zone
    behind = [_as_it_stands(row, zone) for row in await tables.list_unfiled(tx, limit)]
    if behind:
        await tables.refile(tx, behind)
    return len(behind)


async def sweep(tx: Tx, *, pages: int) -> int:
    """Let go what was filed under a name of its own, and is found under others' now.

    Return how many pages were looked through, none if there are no more.
    """
    return await tables.sweep(tx, index.shared(), pages)


def _as_it_stands(row: "Record", zone: ZoneInfo) -> Resource:
    """Read a body as one that is written now; what is told of it besides stays beside it."""
    body = orjson.loads(row["body"]) if row["body"] else None
    if body is None:
        return Resource(**row, classes=frozenset(), found=())
    return Resource(**row, classes=classes_of(row["body"], body), found=index.found_by(body, zone))
