"""What a resident sees of online visits: doctors, the form, the conversation (在线复诊)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Chart, Purpose
from lianyi.billing import queries as money
from lianyi.billing.model import Bill
from lianyi.consult import queries
from lianyi.consult.model import Kind, Message, Notice, Offer, Proof, Rating, State, Terms, Visit
from lianyi.consult.rules import flags, gate, notices
from lianyi.consult.states import VISIT
from lianyi.files import queries as files
from lianyi.files.model import Content
from lianyi.journeys import earlier, follow_up_asking
from lianyi.journeys.earlier import Earlier
from lianyi.journeys.resident_desk import Who, enter
from lianyi.kernel import profile
from lianyi.kernel.profile import Profile
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people import service as registry
from lianyi.people.model import Institution, Post
from lianyi.people.model import Kind as Place
from lianyi.terminology import queries as terminology

EMERGENCY = (Place.TERTIARY_HOSPITAL, Place.COUNTY_HOSPITAL)
RECENT = 5


@dataclass(frozen=True, slots=True)
class Doctor:
    """A doctor who can be asked. `stars` are out of five, by `rated` patients."""

    offer: Offer
    post: Post
    online: bool
    rated: int
    stars: Decimal | None


@dataclass(frozen=True, slots=True)
class Own:
    """One of the person's visits, with its doctor."""

    visit: Visit
    post: Post


@dataclass(frozen=True, slots=True)
class Find:
    """`locked`: the reader's proof, or their mandate, doesn't reach a record (CON-10)."""

    who: Who
    locked: bool
    kind: Kind
    visits: tuple[Own, ...] = ()
    doctors: tuple[Doctor, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """An earlier diagnosis, and whether this doctor may follow it up online."""

    earlier: Earlier
    place: str
    followable: bool
    treated: bool


@dataclass(frozen=True, slots=True)
class Eligibility:
    who: Who
    doctor: Doctor
    terms: Terms
    known: tuple[Known, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """The intake for one disease. `chosen` None: it is proven by a paper, or needs no proof."""

    who: Who
    doctor: Doctor
    terms: Terms
    chosen: Known | None
    questions: tuple[str, ...]
    own_questions: tuple[str, ...]  # of the disease typed so far, beside the general ones
    diseases: tuple[str, ...]
    notice: Notice
    agreed: bool
    shares: bool
    small: bool  # the guardian has to be there


@dataclass(frozen=True, slots=True)
class Emergency:
    """What is shown instead of anything else where a sign of an emergency was told (CON-28)."""

    who: Who
    signs: tuple[str, ...]
    suicidal: bool
    places: tuple[Institution, ...]


@dataclass(frozen=True, slots=True)
class Room:
    """One visit as its patient sees it. `left` are the messages that were promised and remain."""

    who: Who
    now: datetime
    visit: Visit
    post: Post
    messages: tuple[Message, ...]
    left: int
    proofs: tuple[Proof, ...]
    bill: Bill | None
    rating: Rating | None
    emergency: tuple[Institution, ...]
    suicidal: bool
    verbs: frozenset[str]

    @property
    def writes(self) -> bool:
        return self.visit.state in {State.ASKED, State.WAITING, State.WITH_DOCTOR}


async def find(tx: Tx, *, kind: Kind = Kind.FOLLOW_UP) -> Find:
    """Return the doctors who can be asked, those online first, and the newest own visits.

    :raises NoSuchPerson:
    """
    who, chart = await enter(tx, "consult")
    if chart is None:
        return Find(who, locked=True, kind=kind)
    visits = await queries.visits_of(tx, chart, limit=RECENT)
    offers = [offer for offer in await queries.offers(tx) if offer.kind is kind]
    ids = {visit.post_id for visit in visits} | {offer.post_id for offer in offers}
    posts = await people.posts(tx, ids=sorted(ids))
    stars = await queries.stars_of(tx, post_ids=[offer.post_id for offer in offers])
    return Find(
        who,
        locked=False,
        kind=kind,
        visits=tuple(Own(visit, posts[visit.post_id]) for visit in visits),
        doctors=tuple(_doctor(tx, offer, posts, stars) for offer in offers),
    )


async def eligibility(tx: Tx, *, post_id: UUID, kind: Kind) -> Eligibility:
    """Return which earlier diagnoses a doctor may follow up, and what it costs (CON-02, CON-27).

    :raises NoPrice, NoSuchOffer, NoSuchPerson, ProofTooLow:
    """
    chart = await _open(tx, Purpose.OWN)
    offer = await queries.offer(tx, post_id=post_id, kind=kind)
    known = await _known(tx, chart, offer)
    return Eligibility(
        who=await _who(tx, chart),
        doctor=await _one_doctor(tx, offer),
        terms=await follow_up_asking.terms(tx, offer=offer),
        known=known,
    )


async def form(
    tx: Tx, *, post_id: UUID, kind: Kind, condition: str = "", disease: str = ""
) -> Form:
    """Return the intake form for a chosen line of the record, or for a paper.

    A disease typed so far has questions of its own, as one of the record has (CON-28).

    :raises NoPrice, NoSuchOffer, NoSuchPerson, ProofTooLow:
    """
    chart = await _open(tx, Purpose.OWN)
    who = await _who(tx, chart)
    offer = await queries.offer(tx, post_id=post_id, kind=kind)
    known = await _known(tx, chart, offer)
    chosen = next((each for each in known if each.earlier.proof.fhir_id == condition), None)
    general = flags.asked_for("")
    return Form(
        who=who,
        doctor=await _one_doctor(tx, offer),
        terms=await follow_up_asking.terms(tx, offer=offer),
        chosen=chosen,
        questions=flags.asked_for(chosen.earlier.proof.code) if chosen else general,
        own_questions=() if chosen or kind is Kind.COUNSEL else _own_questions(disease, general),
        diseases=() if chosen or kind is Kind.COUNSEL else _diseases(offer.subject),
        notice=notices.NOTICE,
        agreed=await queries.has_agreed(tx, chart),
        shares=bool(chosen and chosen.earlier.proof.holder_id != offer.institution_id),
        small=who.person.age_on(registry.today(tx)) < _guarded_below(profile.at(tx.now)),
    )


async def emergency(tx: Tx, *, signs: tuple[str, ...]) -> Emergency:
    """Return where to go at once, for signs that no visit could be stopped with.

    :raises NoSuchPerson:
    """
    who, _ = await enter(tx, "consult")
    return Emergency(who, signs, flags.is_suicidal(signs), await _emergency(tx))


async def room(tx: Tx, *, visit_id: UUID) -> Room:
    """Return one own visit with its conversation.

    :raises NoSuchVisit, NoSuchPerson, ProofTooLow:
    """
    chart = await _open(tx, Purpose.OWN)
    visit = await queries.visit(tx, chart, visit_id=visit_id)
    posts = await people.posts(tx, ids=[visit.post_id])
    messages = await queries.messages_of(tx, chart, visit=visit)
    said = sum(message.author == "patient" for message in messages)
    return Room(
        who=await _who(tx, chart),
        now=tx.now,
        visit=visit,
        post=posts[visit.post_id],
        messages=tuple(messages),
        left=max(visit.terms.rounds - said, 0),
        proofs=tuple(await queries.proofs_of(tx, chart, visit=visit)),
        bill=await _bill(tx, visit),
        rating=await queries.rating_of(tx, chart, visit=visit),
        emergency=await _emergency(tx, near=visit.institution_id) if visit.flags else (),
        suicidal=flags.is_suicidal(visit.flags),
        verbs=frozenset(VISIT.open_to(tx.actor.role, visit.state)),
    )


async def picture(tx: Tx, *, visit_id: UUID, file_id: UUID) -> Content:
    """Return a picture or paper of an own visit.

    :raises NoSuchFile, NoSuchVisit, ContentLost, NoSuchPerson, ProofTooLow:
    """
    chart = await _open(tx, Purpose.OWN)
    await queries.visit(tx, chart, visit_id=visit_id)
    return await files.content(tx, chart, file_id=file_id)


async def _known(tx: Tx, chart: Chart, offer: Offer) -> tuple[Known, ...]:
    if offer.kind is Kind.COUNSEL:
        return ()
    found = await earlier.diagnoses(tx, chart)
    holders = {each.proof.holder_id for each in found if each.proof.holder_id}
    places = await people.institutions(tx, ids=sorted(holders))
    named = {id: place.short_name for id, place in places.items()}
    return tuple(_judged(each, offer, named) for each in found)


def _judged(each: Earlier, offer: Offer, named: dict[UUID, str]) -> Known:
    code, holder = each.proof.code, each.proof.holder_id
    place = named.get(holder, "") if holder else ""
    followable = terminology.may_be_followed_up_online(code)
    return Known(each, place, followable, gate.treats(offer.subject, code))


def _guarded_below(rules: Profile) -> int:
    """CON-11; where first visits are excepted, every child's guardian is asked for (CON-06)."""
    return rules["IDN-06.adult"] if rules.permits.get("CON-06") else rules["CON-11"]


def _own_questions(disease: str, general: tuple[str, ...]) -> tuple[str, ...]:
    known = follow_up_asking.named(disease)
    asked = flags.asked_for(known.code) if known else ()
    return tuple(sign for sign in asked if sign not in general)


def _diseases(subject: str) -> tuple[str, ...]:
    """Name what may be followed up online by a doctor of a clinical subject."""
    known = terminology.snapshot().diagnoses.values()
    return tuple(
        each.name
        for each in known
        if terminology.may_be_followed_up_online(each.code) and gate.treats(subject, each.code)
    )


async def _one_doctor(tx: Tx, offer: Offer) -> Doctor:
    posts = await people.posts(tx, ids=[offer.post_id])
    stars = await queries.stars_of(tx, post_ids=[offer.post_id])
    return _doctor(tx, offer, posts, stars)


def _doctor(
    tx: Tx, offer: Offer, posts: dict[UUID, Post], stars: dict[UUID, tuple[int, Decimal]]
) -> Doctor:
    rated, average = stars.get(offer.post_id, (0, None))
    return Doctor(offer, posts[offer.post_id], offer.is_online(tx.now), rated, average)


async def _bill(tx: Tx, visit: Visit) -> Bill | None:
    chart = await _open(tx, Purpose.PAY)
    bills: Sequence[Bill] = await money.bills_of(tx, chart)
    subject = (follow_up_asking.SUBJECT, visit.id)
    return next((bill for bill in bills if bill.subject == subject), None)


async def _emergency(tx: Tx, *, near: UUID | None = None) -> tuple[Institution, ...]:
    """Return the region's emergency departments.

    First comes the hospital the person goes to; where they are now nobody but they can know.
    """
    hospitals = await people.institutions_of(tx, kinds=EMERGENCY)
    places = await people.institutions(tx, ids=[near]) if near else {}
    known = {near, *(place.parent_id for place in places.values())}
    open_now = (place for place in hospitals if place.emergency_phone)
    return tuple(sorted(open_now, key=lambda place: place.id not in known))


async def _who(tx: Tx, chart: Chart) -> Who:
    return Who(await people.person(tx, chart), own=tx.actor.for_person_id is None)


async def _open(tx: Tx, purpose: Purpose) -> Chart:
    return await access.open_chart(
        tx, person_id=tx.actor.subject_id, purpose=purpose, what="consult"
    )
