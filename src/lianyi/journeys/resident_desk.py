"""What a resident's phone shows: one frozen view per page (居民端)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from lianyi.access import queries as readers
from lianyi.access import service as access
from lianyi.access.errors import ProofTooLow
from lianyi.access.model import Chart, ConsentState, Purpose
from lianyi.billing import queries as money
from lianyi.billing.model import Owed
from lianyi.booking import queries as booking
from lianyi.booking.model.looking import Coming
from lianyi.insurance import queries as insurance
from lianyi.insurance.model import Cover
from lianyi.insurance.rules import why_not
from lianyi.journeys import vitals
from lianyi.journeys.vitals import Vital
from lianyi.kernel import profile, time
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people import service as cards
from lianyi.people.model import (
    Application,
    Bearer,
    CardState,
    Claim,
    HealthCard,
    Institution,
    Kin,
    KinState,
    Person,
    Progress,
)

SCANNED = "card.scan"  # how the log calls a card that was held out
LATENCY = 5  # seconds; a code is drawn anew before it dies, however slow the line
PATIENCE = timedelta(minutes=1)  # after which an identity check counts as slow
USES = 5
COMING = 3  # visits that the first page names
SHOWN_AT_HOME = (Purpose.RECEIVE, Purpose.PAY, Purpose.OWN, Purpose.CONSENT)


@dataclass(frozen=True, slots=True)
class Who:
    """The person whose affairs a page is about, and whether that is the reader."""

    person: Person
    own: bool

    @property
    def name(self) -> str:
        return self.person.masked_name


@dataclass(frozen=True, slots=True)
class Guest:
    """What somebody sees of whom only a phone is known."""

    id: UUID
    application: Application | None
    is_slow: bool


@dataclass(frozen=True, slots=True)
class Relative:
    """Somebody the reader may switch to."""

    person_id: UUID
    name: str
    current: bool


@dataclass(frozen=True, slots=True)
class Held:
    """The card as it is held out, with whose it is and whom its holder may act for."""

    who: Who
    card: HealthCard | None
    code: str
    seconds: int
    relatives: tuple[Relative, ...]
    bound: bool  # to an insurance


@dataclass(frozen=True, slots=True)
class Home(Held):
    """The first page. What the reader's proof or mandate doesn't reach is empty."""

    now: datetime
    today: date
    claims: int  # on the card, from other phones
    invitations: int
    coming: tuple[Coming, ...]
    places: Mapping[UUID, Institution]
    owed: Owed | None
    asked: int  # consents that wait for an answer
    vitals: tuple[Vital, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """A card held out somewhere."""

    at: datetime
    place: str
    granted: bool


@dataclass(frozen=True, slots=True)
class CardPage:
    who: Who
    card: HealthCard | None
    code: str
    seconds: int
    claims: tuple[Claim, ...]
    uses: tuple[Use, ...]
    relatives: tuple[Relative, ...]
    bound: bool


@dataclass(frozen=True, slots=True)
class FamilyPage:
    """`lost` says that whoever the reader acted for has ended it."""

    reader_id: UUID
    acting: Relative | None
    lost: bool
    relatives: tuple[Relative, ...]
    mine: tuple[Kin, ...]
    invitations: tuple[Kin, ...]
    proxies: tuple[Kin, ...]

    @property
    def own(self) -> bool:
        return self.acting is None and not self.lost


@dataclass(frozen=True, slots=True)
class MePage:
    who: Who
    reader_id: UUID
    phone: str


@dataclass(frozen=True, slots=True)
class InsurancePage:
    """`why` says why the insurance could not be bound."""

    who: Who
    cover: Cover | None
    why: str


async def guest(tx: Tx) -> Guest:
    """Return how the acting guest's application stands."""
    application = await people.application(tx)
    waiting = application is not None and application.progress is Progress.CHECKING
    is_slow = waiting and application is not None and application.at + PATIENCE <= tx.now
    return Guest(tx.actor.person_id, application, is_slow)


async def home(tx: Tx) -> Home:
    """Return the first page of a resident.

    :raises NoSuchPerson: when whoever they act for has ended it.
    """
    charts = await access.open_own(
        tx, person_id=tx.actor.subject_id, purposes=SHOWN_AT_HOME, what="home"
    )
    chart = charts[Purpose.RECEIVE]
    kins = await _kins(tx, chart)
    bearer = await people.bearer(tx, chart)
    held = await _held(tx, chart, bearer, kins)
    coming = await booking.coming(tx, chart, limit=COMING)
    return Home(
        **{name.name: getattr(held, name.name) for name in fields(held)},
        now=tx.now,
        today=time.day(tx.now, profile.at(tx.now).zone),
        claims=bearer.claims if held.who.own else 0,
        invitations=sum(1 for kin in kins if _asks(tx, kin)),
        coming=tuple(coming),
        places=await _places(tx, coming),
        owed=await _owed(tx, charts.get(Purpose.PAY)),
        asked=await _asked(tx, charts.get(Purpose.CONSENT)),
        vitals=await _vitals(tx, charts.get(Purpose.OWN), held.who.person),
    )


async def held(tx: Tx) -> Held:
    """Return the card alone, for a page that is open and draws its code anew.

    :raises NoSuchPerson:
    """
    chart = await _open(tx, "home")
    return await _held(tx, chart, await people.bearer(tx, chart), await _kins(tx, chart))


async def _held(tx: Tx, chart: Chart, bearer: Bearer, kins: list[Kin]) -> Held:
    return Held(
        who=_whose(tx, bearer.person),
        card=bearer.card,
        code=_code(tx, bearer.card),
        seconds=_seconds(tx),
        relatives=_relatives(tx, kins),
        bound=await insurance.is_bound(tx, chart),
    )


async def _places(tx: Tx, coming: Sequence[Coming]) -> Mapping[UUID, Institution]:
    ids = {one.institution_id for one in coming}
    return await people.institutions(tx, ids=sorted(ids)) if ids else {}


async def _owed(tx: Tx, chart: Chart | None) -> Owed | None:
    return None if chart is None else await money.owed(tx, chart)


async def _asked(tx: Tx, chart: Chart | None) -> int:
    consents = [] if chart is None else await readers.consents(tx, chart)
    return sum(1 for one in consents if one.state is ConsentState.ASKED)


async def _vitals(tx: Tx, chart: Chart | None, person: Person) -> tuple[Vital, ...]:
    return () if chart is None else await vitals.newest(tx, chart, person)


async def card(tx: Tx) -> CardPage:
    """Return the card, where it was used lately, and who else applied in the reader's name.

    :raises NoSuchPerson:
    """
    chart = await _open(tx, "card")
    bearer = await people.bearer(tx, chart)
    who = _whose(tx, bearer.person)
    used = await readers.readings(tx, chart, limit=USES, what=SCANNED)
    places = await people.institutions(tx, ids=[use.institution_id for use in used])
    return CardPage(
        who=who,
        card=bearer.card,
        code=_code(tx, bearer.card),
        seconds=_seconds(tx),
        claims=tuple(await people.claims_on(tx, chart)) if who.own and bearer.claims else (),
        uses=tuple(Use(use.at, places[use.institution_id].short_name, use.granted) for use in used),
        relatives=_relatives(tx, await kins_of(tx)),
        bound=await insurance.is_bound(tx, chart),
    )


async def family(tx: Tx) -> FamilyPage:
    """Return the reader's family. It opens no chart but the reader's, so that it always opens."""
    kins, me = await kins_of(tx), tx.actor.person_id
    relatives = _relatives(tx, kins)
    acting = next((one for one in relatives if one.current), None)
    return FamilyPage(
        reader_id=me,
        acting=acting,
        lost=tx.actor.for_person_id is not None and acting is None,
        relatives=relatives,
        mine=tuple(kin for kin in kins if kin.holder_id == me),
        invitations=tuple(kin for kin in kins if _asks(tx, kin)),
        proxies=tuple(kin for kin in kins if kin.subject_id == me and kin.state is KinState.LIVE),
    )


async def me(tx: Tx) -> MePage:
    """Return what is known of the reader and how well.

    :raises NoSuchPerson:
    """
    who = await _who(tx, await _open(tx, "me"))
    return MePage(who, tx.actor.person_id, who.person.masked_phone)


async def insured(tx: Tx) -> InsurancePage:
    """Return how the person is insured, as far as this network knows.

    :raises NoSuchPerson, ProofTooLow:
    """
    person_id = tx.actor.subject_id
    chart = await access.open_chart(tx, person_id=person_id, purpose=Purpose.PAY, what="insurance")
    cover = await insurance.cover(tx, chart)
    why = why_not(cover.code) if cover and cover.code else ""
    return InsurancePage(await _who(tx, chart), cover, why)


async def _open(tx: Tx, what: str) -> Chart:
    return await access.open_chart(
        tx, person_id=tx.actor.subject_id, purpose=Purpose.RECEIVE, what=what
    )


async def _who(tx: Tx, chart: Chart) -> Who:
    return _whose(tx, await people.person(tx, chart))


def _whose(tx: Tx, person: Person) -> Who:
    return Who(person, own=tx.actor.for_person_id is None)


async def enter(tx: Tx, what: str, purpose: Purpose = Purpose.OWN) -> tuple[Who, Chart | None]:
    """Open what a person has; None where the reader's proof, or their mandate, doesn't reach.

    :raises NoSuchPerson:
    """
    person_id = tx.actor.subject_id
    try:
        chart = await access.open_chart(tx, person_id=person_id, purpose=purpose, what=what)
    except ProofTooLow:
        return await _who(tx, await _open(tx, what)), None
    return await _who(tx, chart), chart


async def _kins(tx: Tx, chart: Chart) -> list[Kin]:
    """Return the reader's own family, by the chart that is open if it is their own."""
    own = chart.person_id == tx.actor.person_id
    return await people.family(tx, chart) if own else await kins_of(tx)


async def kins_of(tx: Tx) -> list[Kin]:
    """Return the reader's own family, also while they act for one of it: it is how they go back."""
    me = replace(tx.actor, for_person_id=None)
    own = replace(tx, actor=me)
    chart = await access.open_chart(
        own, person_id=me.person_id, purpose=Purpose.RECEIVE, what="family"
    )
    return await people.family(own, chart)


def _relatives(tx: Tx, kins: list[Kin]) -> tuple[Relative, ...]:
    return tuple(
        Relative(kin.subject_id, kin.name, kin.subject_id == tx.actor.subject_id)
        for kin in kins
        if kin.subject_id is not None and _acts(tx, kin)
    )


def _acts(tx: Tx, kin: Kin) -> bool:
    """Return whether the reader may act in this relation, at this instant."""
    is_over = kin.until is not None and kin.until <= tx.now
    return kin.holder_id == tx.actor.person_id and kin.state is KinState.LIVE and not is_over


def _asks(tx: Tx, kin: Kin) -> bool:
    """Return whether somebody waits for the reader's answer."""
    return kin.subject_id == tx.actor.person_id and kin.state is KinState.INVITED


def _code(tx: Tx, card: HealthCard | None) -> str:
    if card is None or card.state is not CardState.ACTIVE:
        return ""
    return cards.draw_code(tx, card)


def _seconds(tx: Tx) -> int:
    return profile.at(tx.now)["IDN-03"] - LATENCY
