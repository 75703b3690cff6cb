"""An institution's own reports to the province (监管上报): what has its receipt, what hasn't."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people import service as registry
from lianyi.people.model import ADMIN, Post
from lianyi.supervision import queries
from lianyi.supervision.model import Counted, Tally, Upload

DAYS = 7


@dataclass(frozen=True, slots=True)
class Reports:
    """`counted` is of today, `tallies` of the last days."""

    me: Post
    now: datetime
    today: date
    troubled: list[Upload]
    newest: list[Upload]
    counted: list[Counted]
    tallies: list[Tally]


async def reports(tx: Tx) -> Reports:
    """Return what this institution has reported, and what of it wants a hand (LIC-11).

    :raises WrongRole:
    """
    if tx.actor.role != ADMIN:
        raise WrongRole(verb="reports", role=tx.actor.role)
    today = registry.today(tx)
    posts = await people.posts(tx, ids=[tx.actor.post_id])
    return Reports(
        me=posts[tx.actor.post_id],
        now=tx.now,
        today=today,
        troubled=await queries.troubled(tx),
        newest=await queries.uploads(tx),
        counted=await queries.counts(tx, first=today, last=today),
        tallies=await queries.tallies(tx, first=today - timedelta(days=DAYS), last=today),
    )
