"""What the laboratory's bench shows: what waits, and the order in hand (检验工作台)."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Desk, Purpose
from lianyi.kernel.work import Tx
from lianyi.orders import queries, rules
from lianyi.orders.model import BENCH, Call, Order, Result, State
from lianyi.orders.states import ORDER
from lianyi.people import queries as people
from lianyi.people.model import DOCTOR, NURSE, Person, Post
from lianyi.terminology import queries as terminology
from lianyi.terminology.model import Observation

SECOND = frozenset({"verify", "alert", "send_back"})  # what nobody does with their own readings


@dataclass(frozen=True, slots=True)
class Waiting:
    order: Order
    name: str


@dataclass(frozen=True, slots=True)
class Told:
    """A call about a critical value, with who was told."""

    call: Call
    receiver: str


@dataclass(frozen=True, slots=True)
class Hand:
    """The order in hand. `verbs` are what this member of the laboratory may do to it now."""

    order: Order
    person: Person
    observations: tuple[Observation, ...]
    results: tuple[Result, ...]
    told: tuple[Told, ...]
    receivers: tuple[Post, ...]
    verbs: frozenset[str]
    own: bool

    @property
    def critical(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.is_critical)


@dataclass(frozen=True, slots=True)
class Bench:
    me: Post
    waiting: tuple[Waiting, ...]
    hand: Hand | None


async def bench(
    tx: Tx, *, order_id: UUID | None = None, states: Collection[State] = BENCH
) -> Bench:
    """Return what waits, what is called first on top, and one order if it is in hand.

    `states` are those of the reader's bench: the laboratory's, or where specimens are taken.

    :raises NoSuchOrder, WrongRole:
    """
    desk = await access.open_desk(tx, purpose=Purpose.TREAT)
    posts = await people.posts(tx, ids=[tx.actor.post_id])
    found = sorted(await queries.bench(tx, desk, states=states), key=_urgency)
    hand = None if order_id is None else await queries.order(tx, desk, order_id=order_id)
    shown = [*found, *([hand] if hand else [])]
    ids = sorted({order.person_id for order in shown})
    access.saw(tx, desk, person_ids=ids, what="bench")
    persons = await people.persons(tx, desk, person_ids=ids)
    return Bench(
        me=posts[tx.actor.post_id],
        waiting=tuple(Waiting(order, persons[order.person_id].masked_name) for order in found),
        hand=await _hand(tx, desk, hand, persons[hand.person_id]) if hand else None,
    )


async def _hand(tx: Tx, desk: Desk, order: Order, person: Person) -> Hand:
    results = (await queries.results_of(tx, desk, orders=[order])).get(order.id, [])
    calls = await queries.calls_of(tx, desk, orders=[order])
    staff = await people.staff_of(tx, institution_id=order.institution_id)
    told = await people.posts(tx, ids=[call.receiver_id for call in calls])
    own = not rules.may_verify(order, tx.actor.person_id)
    verbs = frozenset(ORDER.open_to(tx.actor.role, order.state))
    return Hand(
        order=order,
        person=person,
        observations=tuple(terminology.observation(code) for code in order.observations),
        results=tuple(results),
        told=tuple(Told(call, told[call.receiver_id].name) for call in calls),
        receivers=tuple(post for post in staff if post.role in {DOCTOR, NURSE}),
        verbs=verbs - SECOND if own else verbs,
        own=own,
    )


def _urgency(order: Order) -> tuple[bool, bool]:
    """Put what must be called first, then emergencies, then the rest as it came."""
    return order.state not in {State.CRITICAL, State.ESCALATED}, not order.deferred
