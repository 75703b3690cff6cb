"""The drug authority follows a pack by its code (药品追溯); nobody is named."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import DRUG_AUTHORITY, Institution, Post
from lianyi.pharmacy import queries
from lianyi.pharmacy.errors import NoSuchPack
from lianyi.pharmacy.model import Sold, Trace


@dataclass(frozen=True, slots=True)
class Traced:
    """`trace` None: nothing was asked, or no pack with this code ever came into the network.

    `at` are the sellers that stand here, by their ids.
    """

    me: Post
    code: str
    trace: Trace | None
    sold: list[Sold]
    at: Mapping[UUID, Institution]


async def traced(tx: Tx, *, code: str) -> Traced:
    """Return the way of a pack, beside what was handed over last.

    :raises WrongRole: for all but the drug authority.
    """
    if tx.actor.role != DRUG_AUTHORITY:
        raise WrongRole(verb="traced", role=tx.actor.role)
    posts = await people.posts(tx, ids=[tx.actor.post_id])
    me = posts[tx.actor.post_id]
    trace, sold = await _find(tx, code), await queries.sold(tx)
    ids = {one.institution_id for one in sold}
    if trace is not None:
        ids.add(trace.pack.institution_id)
    return Traced(me, code, trace, sold, await people.institutions(tx, ids=sorted(ids)))


async def _find(tx: Tx, code: str) -> Trace | None:
    if not code:
        return None
    try:
        return await queries.trace(tx, code=code)
    except NoSuchPack:
        return None
