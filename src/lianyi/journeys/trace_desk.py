"""The drug authority follows a pack by its code (药品追溯); nobody is named."""

from dataclasses import dataclass

from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import DRUG_AUTHORITY, Institution, Post
from lianyi.pharmacy import queries
from lianyi.pharmacy.errors import NoSuchPack
from lianyi.pharmacy.model import Trace


@dataclass(frozen=True, slots=True)
class Traced:
    """`trace` None: nothing was asked, or no pack with this code ever came into the network."""

    me: Post
    code: str
    trace: Trace | None
    seller: Institution | None


async def traced(tx: Tx, *, code: str) -> Traced:
    """Return the way of a pack.

    :raises WrongRole: for all but the drug authority.
    """
    if tx.actor.role != DRUG_AUTHORITY:
        raise WrongRole(verb="traced", role=tx.actor.role)
    posts = await people.posts(tx, ids=[tx.actor.post_id])
    me = posts[tx.actor.post_id]
    trace = await _find(tx, code)
    if trace is None:
        return Traced(me, code, None, None)
    places = await people.institutions(tx, ids=[trace.pack.institution_id])
    return Traced(me, code, trace, places[trace.pack.institution_id])


async def _find(tx: Tx, code: str) -> Trace | None:
    if not code:
        return None
    try:
        return await queries.trace(tx, code=code)
    except NoSuchPack:
        return None
