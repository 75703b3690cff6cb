"""What a courier sees: parcels to fetch, under way, and the one in hand, without what is in it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Desk, Purpose
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import COURIER, Post
from lianyi.pharmacy import queries
from lianyi.pharmacy.errors import NoSuchSale
from lianyi.pharmacy.model import Delivery, Sale, SaleState
from lianyi.pharmacy.states import SALE
from lianyi.prescribing import queries as prescriptions

GIVING = frozenset({"send", "deliver"})
ROUND = (SaleState.READY, SaleState.ON_THE_WAY, SaleState.MISSED)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What whoever carries it must know: nothing of the medicines inside.

    `held`: it must not be given out before a doctor has decided (CON-28, CON-04).
    """

    id: UUID
    number: str
    state: SaleState
    name: str
    packs: int
    due_at: datetime | None
    held: bool


@dataclass(frozen=True, slots=True)
class Hand:
    parcel: Parcel
    to: Delivery | None
    verbs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Round:
    """`fetch` waits at the counter, `carried` is under way or to be tried again."""

    me: Post
    fetch: tuple[Parcel, ...]
    carried: tuple[Parcel, ...]
    hand: Hand | None

    @property
    def next_due(self) -> datetime | None:
        every = (*self.fetch, *self.carried)
        return min((one.due_at for one in every if one.due_at), default=None)

    @property
    def again(self) -> int:
        return sum(one.state is SaleState.MISSED for one in self.carried)

    @property
    def held(self) -> int:
        return sum(one.held for one in (*self.fetch, *self.carried))


async def deliveries(tx: Tx, *, sale_id: UUID | None = None) -> Round:
    """Return the parcels of the acting courier's seller, and one if it is in hand.

    :raises NoSuchSale, WrongRole:
    """
    if tx.actor.role != COURIER:
        raise WrongRole(verb="deliveries", role=tx.actor.role)
    desk = await access.open_desk(tx, purpose=Purpose.DELIVER)
    waiting = [s for s in await queries.counter(tx, desk, states=ROUND) if s.delivers]
    hand = None if sale_id is None else await _sale(tx, desk, sale_id)
    parcels = await _parcels(tx, desk, [*waiting, *([hand] if hand else [])])
    posts = await people.posts(tx, ids=[tx.actor.post_id])
    shown = [parcels[sale.id] for sale in waiting]
    return Round(
        me=posts[tx.actor.post_id],
        fetch=tuple(each for each in shown if each.state is SaleState.READY),
        carried=tuple(each for each in shown if each.state is not SaleState.READY),
        hand=await _hand(tx, desk, hand, parcels[hand.id]) if hand else None,
    )


async def _sale(tx: Tx, desk: Desk, id: UUID) -> Sale:
    found = await queries.sale(tx, desk, sale_id=id)
    if not found.delivers:
        raise NoSuchSale(id=id)
    return found


async def _parcels(tx: Tx, desk: Desk, sales: Sequence[Sale]) -> dict[UUID, Parcel]:
    ids = sorted({sale.person_id for sale in sales})
    access.saw(tx, desk, person_ids=ids, what="parcels")
    persons = await people.persons(tx, desk, person_ids=ids)
    slips = {sale.slip.prescription_id for sale in sales}
    held = await prescriptions.held(tx, desk, prescription_ids=slips)
    return {sale.id: _parcel(sale, persons[sale.person_id].name, held) for sale in sales}


def _parcel(sale: Sale, name: str, held: Collection[UUID]) -> Parcel:
    packs = sum(line.packs for line in sale.sold)
    return Parcel(
        id=sale.id,
        number=sale.slip.number,
        state=sale.state,
        name=name,
        packs=packs,
        due_at=sale.due_at,
        held=sale.slip.prescription_id in held,
    )


async def _hand(tx: Tx, desk: Desk, sale: Sale, parcel: Parcel) -> Hand:
    """Show where it goes while it is still to go there."""
    live = sale.state in ROUND
    to = await queries.delivery_of(tx, desk, sale=sale) if live else None
    verbs = frozenset(SALE.open_to(tx.actor.role, sale.state) if live else ())
    return Hand(parcel, to, verbs - GIVING if parcel.held else verbs)
