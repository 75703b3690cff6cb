"""What keeps the platform running, as those who look after it see it (运行状态、死信).

An administrator sees the lines and errands of the own institution, the operator everybody's.
Ids and codes only: nothing here names a person who is cared for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from lianyi.kernel import dead_letters, flow
from lianyi.kernel.dead_letters import Line, Skipped
from lianyi.kernel.flow import Flow, Kind, Troubled
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people import queries
from lianyi.people.model import ADMIN, OPERATOR, Institution, Post

SINCE = timedelta(days=30)  # how far back errands in trouble are looked for


@dataclass(frozen=True, slots=True)
class Health:
    """`posts` names who skipped, `places` whose lines these are."""

    me: Post
    now: datetime
    everywhere: bool
    flow: Flow
    lines: list[Line]
    skipped: list[Skipped]
    kinds: list[Kind]
    errands: list[Troubled]
    posts: Mapping[UUID, Post]
    places: Mapping[UUID, Institution]


async def health(tx: Tx) -> Health:
    """Return how everything flows, and what of it waits for a person.

    :raises WrongRole:
    """
    reach, since = _reach(tx, "health"), tx.now - SINCE
    lines = await dead_letters.lines(tx, institution_id=reach)
    skipped = await dead_letters.skipped(tx, institution_id=reach)
    posts = await queries.posts(tx, ids=[tx.actor.post_id, *(one.post_id for one in skipped)])
    return Health(
        me=posts[tx.actor.post_id],
        now=tx.now,
        everywhere=reach is None,
        flow=await flow.flow(tx),
        lines=lines,
        skipped=skipped,
        kinds=await flow.by_kind(tx, institution_id=reach, since=since),
        errands=await flow.troubled(tx, institution_id=reach, since=since),
        posts=posts,
        places=await queries.institutions(tx, ids=[line.institution_id for line in lines]),
    )


async def resend(tx: Tx, *, owner: UUID, seq: int) -> None:
    """Try a held-back event again.

    :raises NoSuchLine, WrongRole:
    """
    reach = _reach(tx, "resend")
    await dead_letters.resend(tx, owner=owner, seq=seq, institution_id=reach)


async def skip(tx: Tx, *, owner: UUID, seq: int, why: str) -> None:
    """Let a line go on without the event that holds it.

    :raises NoSuchLine, WrongRole:
    """
    reach = _reach(tx, "skip")
    await dead_letters.skip(tx, owner=owner, seq=seq, institution_id=reach, why=why)


def _reach(tx: Tx, verb: str) -> UUID | None:
    """Return the institution whose troubles this hat may see, or None for all of them."""
    if tx.actor.role == OPERATOR:
        return None
    if tx.actor.role == ADMIN:
        return tx.actor.institution_id
    raise WrongRole(verb=verb, role=tx.actor.role)
