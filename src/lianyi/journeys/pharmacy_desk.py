"""What a pharmacy's terminal shows: what waits, the sale in hand, the shelves, the day (药房)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Desk, Purpose
from lianyi.journeys import counselling
from lianyi.journeys.counselling import Label
from lianyi.journeys.fill import SELLING
from lianyi.kernel import profile, time
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people import service as registry
from lianyi.people.model import PHARMACIST, Duty, Person, Post
from lianyi.pharmacy import queries, rules
from lianyi.pharmacy.errors import NoSuchSale
from lianyi.pharmacy.model import (
    Batch,
    Check,
    Line,
    Sale,
    SaleState,
    Scanned,
    SellerKind,
    Shelf,
    Totals,
)
from lianyi.pharmacy.states import SALE, STOREKEEPERS
from lianyi.prescribing import queries as prescriptions
from lianyi.prescribing.model import Halt
from lianyi.terminology import queries as terminology
from lianyi.terminology.model import Drug

S = SaleState
LEAVING = frozenset({"hand_over"})
NOTHING: frozenset[str] = frozenset()


class Step(StrEnum):
    """What is to be done next, in the order in which a counter looks at it."""

    ANSWER = "answer"  # 待接单
    REVIEW = "review"  # 待审核
    PICK = "pick"  # 待调配
    COLLECT = "collect"  # 待取药
    FETCH = "fetch"  # 待配送员取件
    OUT = "out"  # 配送中
    MONEY = "money"  # 待付款


STEPS = {
    S.ASKED: Step.ANSWER,
    S.ACCEPTED: Step.REVIEW,
    S.TO_PICK: Step.PICK,
    S.ON_THE_WAY: Step.OUT,
    S.MISSED: Step.OUT,
    S.UNPAID: Step.MONEY,
    S.BILLED: Step.MONEY,
}


@dataclass(frozen=True, slots=True)
class Row:
    """`held`: why nothing leaves before its doctor has decided (CON-28, CON-04)."""

    sale: Sale
    name: str
    held: Halt | None = None


@dataclass(frozen=True, slots=True)
class Group:
    step: Step
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Picked:
    """One line with its packs; `shelf` is what is free here, None for nothing."""

    line: Line
    drug: Drug
    scans: tuple[Scanned, ...]
    shelf: Shelf | None


@dataclass(frozen=True, slots=True)
class Hand:
    """The sale in hand. `verbs` are what this hat may do to it now, `own`: PH-08 forbids to check.

    `held`: why nothing of it leaves yet (CON-28, CON-04). `filler`, `checker` and `issuer` are the
    names of who did it, empty before.
    """

    sale: Sale
    person: Person
    age: int
    lines: tuple[Picked, ...]
    labels: tuple[Label, ...]
    ticked: frozenset[Check]
    verbs: frozenset[str]
    held: Halt | None
    own: bool
    filler: str
    checker: str
    issuer: str
    last_day: date

    @property
    def all_scanned(self) -> bool:
        return not rules.unscanned(self.sale)


@dataclass(frozen=True, slots=True)
class Terminal:
    """`duties` are the pharmacists on duty; a shop with none sells nothing (DS-13)."""

    me: Post
    kind: SellerKind
    duties: tuple[Duty, ...]
    groups: tuple[Group, ...]
    hand: Hand | None

    @property
    def mine(self) -> Duty | None:
        return next((duty for duty in self.duties if duty.post.id == self.me.id), None)

    @property
    def is_staffed(self) -> bool:
        return self.kind is SellerKind.HOSPITAL or bool(self.duties)


@dataclass(frozen=True, slots=True)
class Shelves:
    """`verbs` are what this hat may do to the batch in hand; `codes` those of it on the shelf."""

    me: Post
    kind: SellerKind
    batches: tuple[Batch, ...]
    near: frozenset[UUID]
    blocked: frozenset[UUID]
    drug: Drug | None = None
    hand: Batch | None = None
    codes: tuple[str, ...] = ()
    found: tuple[Drug, ...] = ()


@dataclass(frozen=True, slots=True)
class Day:
    me: Post
    kind: SellerKind
    day: date
    today: date
    totals: Totals
    rows: tuple[Row, ...]


async def terminal(tx: Tx, *, sale_id: UUID | None = None) -> Terminal:
    """Return what waits at the acting seller, and one sale if it is in hand.

    :raises NoSuchSale, NoSuchSeller, WrongRole:
    """
    desk = await _desk(tx)
    seller = await queries.seller(tx, institution_id=tx.actor.institution_id)
    waiting = await queries.counter(tx, desk)
    hand = None if sale_id is None else await queries.sale(tx, desk, sale_id=sale_id)
    every = [*waiting, *([hand] if hand else [])]
    names = await _persons(tx, desk, every, "counter")
    held = await prescriptions.held(
        tx, desk, prescription_ids={sale.slip.prescription_id for sale in every}
    )
    staff = await people.staff_of(tx, institution_id=seller.institution_id)
    return Terminal(
        me=_me(tx, staff),
        kind=seller.kind,
        duties=tuple(await people.on_duty(tx, institution_id=seller.institution_id)),
        groups=tuple(_groups(waiting, names, held)),
        hand=await _hand(
            tx, desk, hand, names[hand.person_id], staff, held=held.get(hand.slip.prescription_id)
        )
        if hand
        else None,
    )


async def find(tx: Tx, *, text: str) -> UUID:
    """Return the sale of a prescription's number or of a pack, at the acting seller.

    :raises NoSuchSale, WrongRole:
    """
    desk = await _desk(tx)
    found = await queries.named(tx, desk, text=text)
    if not found:
        raise NoSuchSale(id=tx.actor.institution_id)
    access.saw(tx, desk, person_ids=[found[0].person_id], what="counter")
    return found[0].id


async def shelves(tx: Tx, *, near: bool = False, text: str = "") -> Shelves:
    """Return what is on the acting seller's shelves, what expires first on top.

    :raises NoSuchSeller, WrongRole:
    """
    return await _shelves(tx, await queries.batches(tx, near_expiry=near, text=text))


async def batch(tx: Tx, *, batch_id: UUID) -> Shelves:
    """Return one batch with the trace codes of it on the shelf. Raises as `queries.batch` does."""
    found, codes = await queries.batch(tx, batch_id=batch_id)
    return await _shelves(tx, [found], hand=found, codes=tuple(codes))


async def goods_in(tx: Tx, *, text: str = "", code: str = "") -> Shelves:
    """Return the drugs of a name, or the one that packs have come of.

    :raises NoSuchDrug, NoSuchSeller, WrongRole:
    """
    found = terminology.search_drugs(text) if text else ()
    return await _shelves(tx, [], drug=terminology.drug(code) if code else None, found=found)


async def day(tx: Tx, *, day: date | None = None) -> Day:
    """Return what the acting seller handed over on a day, today if none is named.

    :raises NoSuchSeller, WrongRole:
    """
    desk = await _desk(tx)
    today = queries.today(tx)
    seller = await queries.seller(tx, institution_id=tx.actor.institution_id)
    sales = await queries.handed(tx, desk, day=day or today)
    names = await _persons(tx, desk, sales, "counter")
    posts = await people.posts(tx, ids=[tx.actor.post_id])
    return Day(
        me=posts[tx.actor.post_id],
        kind=seller.kind,
        day=day or today,
        today=today,
        totals=await queries.totals(tx, day=day or today),
        rows=tuple(Row(sale, names[sale.person_id].masked_name) for sale in sales),
    )


def step(sale: Sale) -> Step:
    """Return what is to be done next with what waits at a counter."""
    if sale.state is S.READY:
        return Step.FETCH if sale.delivers else Step.COLLECT
    return STEPS[sale.state]


async def _desk(tx: Tx) -> Desk:
    if tx.actor.role not in SELLING:
        raise WrongRole(verb="terminal", role=tx.actor.role)
    return await access.open_desk(tx, purpose=Purpose.DISPENSE)


async def _persons(tx: Tx, desk: Desk, sales: Sequence[Sale], what: str) -> dict[UUID, Person]:
    ids = sorted({sale.person_id for sale in sales})
    access.saw(tx, desk, person_ids=ids, what=what)
    return await people.persons(tx, desk, person_ids=ids)


def _me(tx: Tx, staff: Sequence[Post]) -> Post:
    return next(post for post in staff if post.id == tx.actor.post_id)


def _groups(
    waiting: Sequence[Sale], names: Mapping[UUID, Person], held: Mapping[UUID, Halt]
) -> Iterator[Group]:
    for each in Step:
        rows = [
            Row(s, names[s.person_id].masked_name, held.get(s.slip.prescription_id))
            for s in waiting
            if step(s) is each
        ]
        if rows:
            yield Group(each, tuple(rows))


async def _hand(
    tx: Tx, desk: Desk, sale: Sale, person: Person, staff: Sequence[Post], *, held: Halt | None
) -> Hand:
    names = {post.person_id: post.name for post in staff}
    others = any(p.role in SELLING and p.person_id != tx.actor.person_id for p in staff)
    own = not rules.may_check(sale, tx.actor.person_id, others=others)
    scans = await queries.scans_of(tx, desk, sales_=[sale])
    codes = {line.code for line in sale.lines}
    here = sale.institution_id
    free = await queries.free(tx, institution_ids=[here], codes=codes)
    drugs = terminology.drugs(codes)
    return Hand(
        sale=sale,
        person=person,
        age=person.age_on(registry.today(tx)),
        lines=tuple(
            Picked(
                line=line,
                drug=drugs[line.code],
                scans=tuple(one for one in scans if one.number == line.number),
                shelf=free.get((here, line.code)),
            )
            for line in sale.lines
        ),
        labels=counselling.labels(sale, person.sex),
        ticked=await queries.ticked(tx, desk, sale=sale),
        verbs=_verbs(tx, sale) - (LEAVING if held else NOTHING),
        held=held,
        own=own or rules.wrote(sale, tx.actor.person_id),
        filler=_name(names, sale.filled_by),
        checker=_name(names, sale.checked_by),
        issuer=_name(names, sale.handed_by),
        last_day=time.last_day(sale.slip.valid_until, profile.at(tx.now).zone),
    )


def _name(names: Mapping[UUID, str], person_id: UUID | None) -> str:
    """Return the name of one of the staff; of who has left since, nothing."""
    return "" if person_id is None else names.get(person_id, "")


def _verbs(tx: Tx, sale: Sale) -> frozenset[str]:
    """Return what a page may offer: the moves there are, and what is done between them."""
    verbs = set(SALE.open_to(tx.actor.role, sale.state)) - {"bill"}
    if sale.state is S.TO_PICK:
        verbs |= {"scan"}
        if sale.kind is not SellerKind.HOSPITAL and len(sale.sold) > 1:
            verbs |= {"mark_short"}
        if tx.actor.role == PHARMACIST:
            verbs |= {"check", "tick"}
    if sale.delivers:
        verbs -= {"hand_over"}
    return frozenset(verbs)


async def _shelves(
    tx: Tx,
    batches: Collection[Batch],
    *,
    drug: Drug | None = None,
    hand: Batch | None = None,
    codes: tuple[str, ...] = (),
    found: tuple[Drug, ...] = (),
) -> Shelves:
    if tx.actor.role not in STOREKEEPERS:
        raise WrongRole(verb="shelves", role=tx.actor.role)
    seller = await queries.seller(tx, institution_id=tx.actor.institution_id)
    posts = await people.posts(tx, ids=[tx.actor.post_id])
    today, days = queries.today(tx), profile.at(tx.now)["PR-07.near"]
    last = queries.last_day(tx)
    return Shelves(
        me=posts[tx.actor.post_id],
        kind=seller.kind,
        batches=tuple(batches),
        near=frozenset(b.id for b in batches if rules.is_near_expiry(b.expires_on, today, days)),
        blocked=frozenset(b.id for b in batches if b.expires_on <= last),
        drug=drug,
        hand=hand,
        codes=codes,
        found=found,
    )
