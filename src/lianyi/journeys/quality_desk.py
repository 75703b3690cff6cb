"""How well an institution serves its patients (服务质量): reviews of prescriptions, online visits.

Counts only. Nothing here crosses a doctor with drugs and volumes: that report is refused to
hospitals by law (CON-15).
"""

from dataclasses import dataclass
from datetime import timedelta

from lianyi.consult import queries as consult
from lianyi.consult.model import Quality as Online
from lianyi.kernel import profile, time
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people import service as registry
from lianyi.people.model import ADMIN, Post
from lianyi.prescribing import queries as prescribing
from lianyi.prescribing.model.review import Quality as Reviews

SPANS = (7, 30, 90)  # days, today among them


@dataclass(frozen=True, slots=True)
class Quality:
    me: Post
    days: int
    reviews: Reviews
    online: Online


async def quality(tx: Tx, *, days: int = SPANS[0]) -> Quality:
    """Return the indicators of the acting administrator's institution (CAP-30, PH-11, CON-27).

    :raises WrongRole:
    """
    if tx.actor.role != ADMIN:
        raise WrongRole(verb="quality", role=tx.actor.role)
    span = days if days in SPANS else SPANS[0]
    _, until = time.span(registry.today(tx), profile.at(tx.now).zone)
    since = until - timedelta(days=span)
    posts = await people.posts(tx, ids=[tx.actor.post_id])
    return Quality(
        me=posts[tx.actor.post_id],
        days=span,
        reviews=await prescribing.quality(tx, since=since, until=until),
        online=await consult.quality(tx, since=since, until=until),
    )
