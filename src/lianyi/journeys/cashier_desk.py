"""What a cashier sees during the day, and an administrator of the books after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Chart, Purpose
from lianyi.billing import queries, rules
from lianyi.billing.model import Account, Bill, Books, Difference, Drawer, Flow, Payment, Refund
from lianyi.insurance import model as insurance
from lianyi.insurance import queries as claims
from lianyi.journeys import bills_desk
from lianyi.journeys.bills_desk import Bills, OneBill
from lianyi.kernel import profile, time
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import CLERK, Post


@dataclass(frozen=True, slots=True)
class Till:
    """The counter's day. `names` holds every person the other lists speak of."""

    me: Post
    now: datetime
    day: date
    unpaid: Sequence[Bill]
    taken: Sequence[Payment]
    underway: Sequence[Payment]
    owed: Sequence[Refund]
    to_hand_back: frozenset[UUID]  # refunds that go back over the counter
    drawer: Drawer
    names: Mapping[UUID, str]


@dataclass(frozen=True, slots=True)
class Payer:
    """Who stands at the counter, with all their bills of this institution."""

    me: Post
    bills: Bills
    hand_back: frozenset[UUID]  # refunds that go back over the counter

    @property
    def person_id(self) -> UUID:
        return self.bills.who.person.id


@dataclass(frozen=True, slots=True)
class Slip:
    """What is printed for one bill, and who prints it."""

    me: Post
    bill: OneBill


@dataclass(frozen=True, slots=True)
class Closing:
    """The end of a counter's day (日结): each drawer, and what went through each account."""

    me: Post
    now: datetime
    day: date
    drawers: Sequence[Drawer]
    flows: Mapping[Account, Flow]
    taken: Sequence[Payment]
    posts: Mapping[UUID, Post]
    names: Mapping[UUID, str]


@dataclass(frozen=True, slots=True)
class Ledger:
    """One institution's compared days, what is still to be explained, and its accounts."""

    me: Post
    books: Sequence[Books]
    differences: Sequence[Difference]
    balances: Mapping[Account, int]
    insured: Sequence[insurance.Books]  # days compared with the agency
    disagreed: Sequence[insurance.Difference]


async def till(tx: Tx) -> Till:
    """Return what the acting cashier may take, has taken and must give back.

    :raises WrongRole:
    """
    day = _today(tx)
    drawers = {drawer.drawer_id: drawer for drawer in await queries.drawers(tx, day=day)}
    desk = await access.open_desk(tx, purpose=Purpose.PAY)
    unpaid = await queries.open_bills(tx, desk)
    taken = await queries.taken_on(tx, desk, day=day)
    underway, owed = await queries.unsettled(tx, desk, until=tx.now)
    ids = sorted({row.person_id for rows in (unpaid, taken, underway, owed) for row in rows})
    access.saw(tx, desk, person_ids=ids, what="till")
    here = tx.actor.post_id
    return Till(
        me=await _me(tx),
        now=tx.now,
        day=day,
        unpaid=unpaid,
        taken=taken,
        underway=underway,
        owed=owed,
        to_hand_back=frozenset(refund.id for refund in owed if rules.may_hand_back(refund)),
        drawer=drawers.get(here, Drawer(here, 0, 0)),
        names=await people.names_of(tx, desk, person_ids=ids),
    )


async def payer(tx: Tx, *, person_id: UUID) -> Payer:
    """Return the bills of somebody whom this counter may see today.

    :raises NoSuchPerson, WrongRole:
    """
    chart = await _chart(tx, person_id)
    bills = await bills_desk.bills_on(tx, chart)
    owed = (refund for view in bills.views for refund in view.refunds)
    hand_back = frozenset(refund.id for refund in owed if rules.is_owed_in_cash(refund))
    return Payer(await _me(tx), bills, hand_back)


async def slip(tx: Tx, *, person_id: UUID, bill_id: UUID) -> Slip:
    """Return what is printed for a bill.

    :raises NoSuchBill, NoSuchPerson, WrongRole:
    """
    chart = await _chart(tx, person_id)
    return Slip(await _me(tx), await bills_desk.bill_on(tx, chart, bill_id=bill_id))


async def closing(tx: Tx) -> Closing:
    """Return what every drawer of the acting cashier's institution must hold tonight.

    :raises WrongRole:
    """
    day = _today(tx)
    drawers = await queries.drawers(tx, day=day)
    desk = await access.open_desk(tx, purpose=Purpose.PAY)
    taken = await queries.taken_on(tx, desk, day=day)
    ids = sorted({payment.person_id for payment in taken})
    access.saw(tx, desk, person_ids=ids, what="closing")
    posts = {*(drawer.drawer_id for drawer in drawers), tx.actor.post_id}
    known = await people.posts(tx, ids=sorted(posts))
    return Closing(
        me=known[tx.actor.post_id],
        now=tx.now,
        day=day,
        drawers=drawers,
        flows=await queries.flows(tx, day=day),
        taken=taken,
        posts=known,
        names=await people.names_of(tx, desk, person_ids=ids),
    )


async def ledger(tx: Tx) -> Ledger:
    """Return the books of the acting administrator's institution.

    :raises WrongRole:
    """
    books = await queries.compared_books(tx)
    differences, balances = await queries.differences(tx), await queries.balances(tx)
    insured, disagreed = await claims.compared_books(tx), await claims.differences(tx)
    return Ledger(await _me(tx), books, differences, balances, insured, disagreed)


async def _me(tx: Tx) -> Post:
    return (await people.posts(tx, ids=[tx.actor.post_id]))[tx.actor.post_id]


async def _chart(tx: Tx, person_id: UUID) -> Chart:
    """Open the door of the till, which only the counter has."""
    if tx.actor.role != CLERK:
        raise WrongRole(verb="till", role=tx.actor.role)
    return await access.open_chart(tx, person_id=person_id, purpose=Purpose.PAY, what="till")


def _today(tx: Tx) -> date:
    return time.day(tx.now, profile.at(tx.now).zone)
