"""What an audit of personal data asks of an institution, from what is written down (合规审计).

PRI-27: activities, bases, sharing, retention, incidents (个人信息保护法 Art. 54). Counts only: who
reads it learns of no person.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from lianyi.access import queries as audits
from lianyi.access import service as access
from lianyi.access.model import Purpose
from lianyi.access.model.apps import Approval
from lianyi.access.model.compliance import Compliance, Permitted, Shared
from lianyi.access.model.exports import Export, Vote
from lianyi.accounts import queries as accounts
from lianyi.accounts.model.apps import Client
from lianyi.kernel import profile, time
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people import service as registry
from lianyi.people.model import Post

SPANS = (30, 90, 365)  # days, today among them


@dataclass(frozen=True, slots=True)
class Kept:
    """How long something is kept at least, from when on, by which rule and law."""

    what: str
    least: str
    since: str
    rule: str
    source: str


# The retention resolver's table, as far as this platform holds such things.
KEPT = (
    Kept(
        "门（急）诊电子病历",
        "15 年",
        "患者最后一次就诊",
        "EMR-01",
        "电子病历应用管理规范（试行）2017；医疗机构病历管理规定 2013",
    ),
    Kept("互联网诊疗病历", "15 年", "诊疗结束", "CON-20", "互联网诊疗监管细则（试行）2022"),
    Kept("互联网诊疗图文、音视频", "3 年", "诊疗结束", "CON-21", "互联网诊疗监管细则（试行）2022"),
    Kept("普通、急诊、儿科处方", "1 年", "开具", "RX-21", "处方管理办法 2007 第五十条"),
    Kept(
        "药品网络销售记录",
        "5 年，且不少于药品有效期满后 1 年",
        "销售",
        "DS-11",
        "药品网络销售监督管理办法 2022",
    ),
    Kept(
        "影响评估报告和处理情况记录", "3 年", "形成", "PRI-11", "个人信息保护法 第五十五、五十六条"
    ),
    Kept("对外提供、委托处理记录", "3 年", "形成", "PRI-10", "网络数据安全管理条例 第十二条"),
    Kept("网络日志", "6 个月", "事件", "SEC-01", "网络安全法"),
)


@dataclass(frozen=True, slots=True)
class Sharing:
    """What persons agreed to share with or from this institution; names, never persons."""

    counts: Shared
    holder: str
    receiver: str


@dataclass(frozen=True, slots=True)
class Entrusted:
    """An app that was approved, and how many persons have let it read besides."""

    approval: Approval
    client: Client
    permitted: Permitted | None
    is_over: bool


@dataclass(frozen=True, slots=True)
class Left:
    """What left in bulk, and who agreed with which assessment (PRI-11, PRI-28)."""

    export: Export
    client: Client
    votes: tuple[Vote, ...]


@dataclass(frozen=True, slots=True)
class CompliancePage:
    me: Post
    days: int
    first: date
    last: date
    found: Compliance
    shared: tuple[Sharing, ...]
    entrusted: tuple[Entrusted, ...]
    left: tuple[Left, ...]
    kept: tuple[Kept, ...] = KEPT

    @property
    def refused(self) -> int:
        return sum(one.refused for one in self.found.activities)


async def report(tx: Tx, *, days: int = SPANS[0]) -> CompliancePage:
    """Return the report of the acting administrator's institution.

    :raises WrongRole:
    """
    desk = await access.open_desk(tx, purpose=Purpose.MANAGE)
    span = days if days in SPANS else SPANS[0]
    zone, last = profile.at(tx.now).zone, registry.today(tx)
    _, until = time.span(last, zone)
    since = until - timedelta(days=span)
    found = await audits.compliance(tx, desk, since=since, until=until)
    approvals = [one for one in await audits.approvals(tx) if one.terms]
    exports = [one for one in await audits.exports(tx) if since <= one.asked_at < until]
    named = {one.app_id for one in approvals} | {one.app_id for one in exports}
    clients = await accounts.clients(tx, ids=list(named))
    votes = await audits.votes(tx, ids=[one.id for one in exports])
    permitted = {one.app_id: one for one in found.permitted}
    return CompliancePage(
        me=(await people.posts(tx, ids=[tx.actor.post_id]))[tx.actor.post_id],
        days=span,
        first=time.day(since, zone),
        last=last,
        found=found,
        shared=await _shared(tx, found),
        entrusted=tuple(
            Entrusted(one, clients[one.app_id], permitted.get(one.app_id), _is_over(tx, one))
            for one in approvals
        ),
        left=tuple(Left(one, clients[one.app_id], tuple(votes[one.id])) for one in exports),
    )


async def _shared(tx: Tx, found: Compliance) -> tuple[Sharing, ...]:
    ids = {id for one in found.shared for id in (one.holder_id, one.receiver_id)}
    places = await people.institutions(tx, ids=list(ids)) if ids else {}
    names = {id: place.short_name for id, place in places.items()}
    return tuple(Sharing(one, names[one.holder_id], names[one.receiver_id]) for one in found.shared)


def _is_over(tx: Tx, approval: Approval) -> bool:
    return approval.terms is not None and approval.terms.until <= tx.now
