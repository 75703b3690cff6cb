"""Who may see a person's record, who did, and what the person says to it (授权共享、紧急调阅).

Another institution's part is shown by the person's consent, or in an emergency by breaking the
glass: with a reason, for a day, told at once, reviewed by somebody else.
"""

from dataclasses import dataclass
from uuid import UUID

from lianyi.access import events, queries, service
from lianyi.access.errors import NoSuchPerson
from lianyi.access.model import Chart, Consent, Glass, Purpose, Reading, Share
from lianyi.kernel import errand
from lianyi.kernel.errand import Answer, Errand
from lianyi.kernel.work import Tx
from lianyi.links import Links
from lianyi.links.sms import Message
from lianyi.people import queries as people
from lianyi.people.model import Institution, Post

TEMPLATE = "chart_opened"


@dataclass(frozen=True, slots=True)
class Reader:
    """One line of who read a record. `post` is None where a resident acted for another."""

    reading: Reading
    post: Post | None


@dataclass(frozen=True, slots=True)
class Shared:
    """A consent with the names of the places it is about."""

    consent: Consent
    holder: Institution | None
    receiver: Institution | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A broken glass, and who broke it."""

    glass: Glass
    post: Post | None


async def who_read(tx: Tx, *, before: int | None = None) -> list[Reader]:
    """Return who opened, or tried to open, the record of the person one acts for (CAP-38).

    :raises NoSuchPerson, ProofTooLow:
    """
    chart = await _chart(tx, Purpose.OWN, "access.log")
    lines = await queries.readings(tx, chart, before=before)
    posts = await people.posts(tx, ids=[line.post_id for line in lines])
    return [Reader(line, posts.get(line.post_id)) for line in lines]


async def consents(tx: Tx) -> list[Shared]:
    """Return what was asked of the person and what they have given.

    :raises NoSuchPerson, ProofTooLow:
    """
    given = await queries.consents(tx, await _chart(tx, Purpose.CONSENT, "consents"))
    ids = {id for one in given for id in (one.share.holder_id, one.share.receiver_id)}
    places = await people.institutions(tx, ids=sorted(ids))
    return [
        Shared(one, places.get(one.share.holder_id), places.get(one.share.receiver_id))
        for one in given
    ]


async def ask(tx: Tx, *, person_id: UUID, share: Share) -> UUID:
    """Ask a patient to share what another institution holds with the acting one.

    :raises NoSuchPerson, AskedTooSoon, EmptyShare, WrongRole:
    """
    chart = await service.open_chart(
        tx, person_id=person_id, purpose=Purpose.TREAT, what="consent.ask"
    )
    return await service.ask_consent(tx, chart, share=share)


async def give(tx: Tx, *, share: Share) -> UUID:
    """Share without being asked.

    :raises NoSuchPerson, ProofTooLow, EmptyShare, WrongRole:
    """
    chart = await _chart(tx, Purpose.CONSENT, "consent.give")
    return await service.give_consent(tx, chart, share=share)


async def agree(tx: Tx, *, consent_id: UUID) -> None:
    """Share what was asked for.

    :raises NoSuchPerson, ProofTooLow, NoSuchConsent, WrongRole, WrongState:
    """
    chart = await _chart(tx, Purpose.CONSENT, "consent.agree")
    await service.agree_to_consent(tx, chart, consent_id=consent_id)


async def refuse(tx: Tx, *, consent_id: UUID) -> None:
    """Share nothing. Raises as `agree` does."""
    chart = await _chart(tx, Purpose.CONSENT, "consent.refuse")
    await service.refuse_consent(tx, chart, consent_id=consent_id)


async def withdraw(tx: Tx, *, consent_id: UUID) -> None:
    """Share no longer, from this instant. Raises as `agree` does."""
    chart = await _chart(tx, Purpose.CONSENT, "consent.withdraw")
    await service.withdraw_consent(tx, chart, consent_id=consent_id)


async def break_glass(tx: Tx, *, person_id: UUID, reason: str) -> UUID:
    """See everything of a person for a day, in an emergency.

    :raises ReasonMissing, WrongRole:
    """
    return await service.break_glass(tx, person_id=person_id, reason=reason)


async def glasses_to_review(tx: Tx) -> list[Opened]:
    """Return what the institution's own staff opened and nobody has judged yet (EMR-17).

    :raises WrongRole:
    """
    desk = await service.open_desk(tx, purpose=Purpose.MANAGE)
    glasses = await queries.glasses_to_review(tx, desk)
    posts = await people.posts(tx, ids=[glass.post_id for glass in glasses])
    return [Opened(glass, posts.get(glass.post_id)) for glass in glasses]


async def review_glass(tx: Tx, *, glass_id: UUID, justified: bool, note: str) -> None:
    """Judge another's use of break-glass.

    :raises NoSuchGlass, OwnGlass, ReasonMissing, WrongRole, WrongState:
    """
    await service.review_glass(tx, glass_id=glass_id, justified=justified, note=note)


async def tell_opened(tx: Tx, event: events.GlassBroken) -> None:
    """Send word to the person's phone, if there is such a person and they have one."""
    try:
        phone = await _phone(tx, event.person_id)
    except NoSuchPerson:
        return
    if phone is not None:
        await errand.plan(tx, TELL_OPENED.kind, thing_id=event.person_id)


async def _chart(tx: Tx, purpose: Purpose, what: str) -> Chart:
    return await service.open_chart(tx, person_id=tx.actor.subject_id, purpose=purpose, what=what)


async def _phone(tx: Tx, person_id: UUID) -> str | None:
    chart = await service.open_chart(
        tx, person_id=person_id, purpose=Purpose.TELL, what="glass.tell"
    )
    return await people.phone_of(tx, chart)


async def _prepare(tx: Tx, person_id: UUID) -> Message:
    """Name the place the reader acted from: the errand's own institution."""
    here = tx.actor.institution_id
    places = await people.institutions(tx, ids=[here])
    phone = await _phone(tx, person_id)
    return Message(phone or "", TEMPLATE, {"institution": places[here].short_name})


async def _send(links: Links, key: UUID, message: Message) -> Answer:
    return await links.sms.send(key, message)


async def _sent(links: Links, key: UUID, message: Message) -> Answer | None:
    return await links.sms.ask(key, message)


async def _told(tx: Tx, person_id: UUID, answer: Answer) -> None:
    """Leave it at that: the errand says what became of it, and the person's page has the line."""


TELL_OPENED = Errand("sharing.tell_opened", Message, _prepare, _send, _sent, _told)
