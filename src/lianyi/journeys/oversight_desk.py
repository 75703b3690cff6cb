"""What an authority sees of the whole network (监管驾驶舱): numbers, licences, and what is late.

The health commission sees care and licences, the drug authority what is sold and who sells it.
Nothing here names a person who is cared for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from lianyi.kernel import profile
from lianyi.kernel.actor import Role
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people import service as registry
from lianyi.people.model import DRUG_AUTHORITY, HEALTH_COMMISSION, Institution, Post, Term
from lianyi.people.model import Kind as Place
from lianyi.people.rules.practice import term
from lianyi.supervision import queries, rules
from lianyi.supervision.model import Counted, Kind, State, Tally, Upload

DAYS = 6  # before today
CARE = (
    Place.TERTIARY_HOSPITAL,
    Place.COUNTY_HOSPITAL,
    Place.INTERNET_SECOND_NAME,
    Place.INTERNET_INDEPENDENT,
    Place.HEALTH_CENTRE,
    Place.VILLAGE_CLINIC,
    Place.LABORATORY,
)
SALE = (Place.PHARMACY_CHAIN, Place.STORE, Place.ONLINE_PHARMACY)
PLACES: Mapping[Role, tuple[Place, ...]] = {HEALTH_COMMISSION: CARE, DRUG_AUTHORITY: SALE}
WANTS_CARE = frozenset({Term.SOON, Term.LAST, Term.ENDED})


@dataclass(frozen=True, slots=True)
class Licensed:
    """An institution and how long its licence still holds (LIC-01, LIC-02)."""

    place: Institution
    until: date | None
    left: int
    term: Term


@dataclass(frozen=True, slots=True)
class Ranked:
    place: Institution | None
    count: int


@dataclass(frozen=True, slots=True)
class Oversight:
    """`kinds` are those this authority sees; `counted` reaches over a week, today included."""

    me: Post
    now: datetime
    today: date
    kinds: tuple[Kind, ...]
    counted: list[Counted]
    troubled: list[Upload]
    newest: list[Upload]
    tallies: list[Tally]
    places: Mapping[UUID, Institution]
    licences: tuple[Licensed, ...]

    def on(self, day: date, *kinds: Kind) -> list[Counted]:
        return [one for one in self.counted if one.day == day and one.kind in (kinds or self.kinds)]

    def all(self, kind: Kind, day: date | None = None) -> int:
        return sum(one.all for one in self.on(day or self.today, kind))

    @property
    def days(self) -> list[date]:
        return [self.today - timedelta(days=back) for back in range(DAYS, -1, -1)]

    @property
    def share(self) -> int:
        """Return how many of a hundred of today's reports have their receipt."""
        today = self.on(self.today)
        whole = sum(one.all for one in today)
        return 100 * sum(one.receipted for one in today) // whole if whole else 100

    @property
    def expiring(self) -> int:
        return sum(one.term in WANTS_CARE for one in self.licences)

    @property
    def ranking(self) -> list[Ranked]:
        """Return the institutions by what they have reported today, the busiest first."""
        counts: dict[UUID, int] = {}
        for one in self.on(self.today):
            counts[one.institution_id] = counts.get(one.institution_id, 0) + one.all
        busiest = sorted(counts.items(), key=lambda each: -each[1])
        return [Ranked(self.places.get(id), count) for id, count in busiest]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which reports a list shows; None means any."""

    kind: Kind | None = None
    state: State | None = None
    day: date | None = None
    late: bool = False
    institution_id: UUID | None = None
    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    me: Post
    now: datetime
    choice: Choice
    kinds: tuple[Kind, ...]
    uploads: list[Upload]
    places: Mapping[UUID, Institution]


async def oversight(tx: Tx) -> Oversight:
    """Return the week's numbers of everything this authority is there for.

    :raises WrongRole:
    """
    kinds, today = _kinds(tx, "oversight"), registry.today(tx)
    first = today - timedelta(days=DAYS)
    places = await people.institutions_of(tx, kinds=PLACES[tx.actor.role])
    counted = await queries.counts(tx, first=first, last=today)
    troubled, newest = await queries.troubled(tx), await queries.uploads(tx, limit=12)
    strangers = {one.institution_id for one in counted} - {one.id for one in places}
    others = await people.institutions(tx, ids=sorted(strangers))
    return Oversight(
        me=await _me(tx),
        now=tx.now,
        today=today,
        kinds=kinds,
        counted=counted,
        troubled=troubled,
        newest=newest,
        tallies=await _tallies(tx, kinds, first, today),
        places={**{one.id: one for one in places}, **others},
        licences=tuple(_licensed(tx, one, today) for one in places),
    )


async def listed(tx: Tx, *, choice: Choice, before: UUID | None = None) -> Listed:
    """Return the reports behind a number.

    :raises WrongRole:
    """
    kinds = _kinds(tx, "listed")
    found = await queries.uploads(
        tx,
        kinds=[choice.kind] if choice.kind else kinds,
        institution_id=choice.institution_id,
        day=choice.day,
        state=choice.state,
        late=choice.late,
        receipt=choice.receipt,
        before=before,
    )
    ids = sorted({one.institution_id for one in found})
    places = await people.institutions(tx, ids=ids)
    return Listed(await _me(tx), tx.now, choice, kinds, found, places)


def _kinds(tx: Tx, verb: str) -> tuple[Kind, ...]:
    if tx.actor.role not in PLACES:
        raise WrongRole(verb=verb, role=tx.actor.role)
    return tuple(kind for kind in Kind if kind in rules.SEEN[tx.actor.role])


async def _me(tx: Tx) -> Post:
    return (await people.posts(tx, ids=[tx.actor.post_id]))[tx.actor.post_id]


async def _tallies(tx: Tx, kinds: tuple[Kind, ...], first: date, last: date) -> list[Tally]:
    """Return the comparisons of counts, which are of care and sale together: the commission's."""
    return await queries.tallies(tx, first=first, last=last) if Kind.VISIT in kinds else []


def _licensed(tx: Tx, place: Institution, today: date) -> Licensed:
    until = place.licence_until
    left = (until - today).days if until else 0
    return Licensed(place, until, left, term(until, today, profile.at(tx.now)))
